"""Rules of segments: exact on what a tree can say, honest about what it cannot."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.tree import DecisionTreeClassifier

from precision_marketing.segment_rules import (
    SEGMENT_RULE_SCHEMA,
    explain_segments,
    roundest_between,
)

OPTIONS = {"key": "customer_id", "label": "segment", "random_state": 0}


def customers(recency, orders, segments):
    return pa.table(
        {
            "customer_id": [f"c{i:04d}" for i in range(len(segments))],
            "recency_days": pa.array(recency, pa.float64()),
            "orders": pa.array(orders, pa.float64()),
            "segment": pa.array(segments, pa.int64()),
        }
    )


def explain(table, **changes):
    options = OPTIONS | {"measure_columns": ["recency_days", "orders"]} | changes
    return explain_segments(table, **options)


@pytest.fixture
def quarters():
    """Recency under 45 days and more than 6 orders, and the three other quarters."""
    generator = np.random.default_rng(4)
    recency = generator.integers(1, 90, 800).astype(float)
    orders = generator.integers(1, 13, 800).astype(float)
    segments = 1 + 2 * (recency > 44) + (orders <= 6)
    return customers(recency, orders, segments)


def test_a_planted_rule_is_found_with_round_thresholds(quarters):
    rules = {
        (row["fitted_segment_id"], row["measure"]): (
            row["lower_bound"],
            row["upper_bound"],
        )
        for row in explain(quarters).to_pylist()
    }
    assert rules == {
        (1, "recency_days"): (None, 44.0),
        (1, "orders"): (6.0, None),
        (2, "recency_days"): (None, 44.0),
        (2, "orders"): (None, 6.0),
        (3, "recency_days"): (44.0, None),
        (3, "orders"): (6.0, None),
        (4, "recency_days"): (44.0, None),
        (4, "orders"): (None, 6.0),
    }
    assert explain(quarters)["tree_fidelity"].unique().to_pylist() == [1.0]


def test_fidelity_is_that_of_sklearns_tree():
    generator = np.random.default_rng(8)
    matrix = generator.normal(size=(600, 2))
    # A ring is no business of axis-parallel rules.
    segments = 1 + (np.hypot(*matrix.T) > 1.2)
    rules = explain(customers(matrix[:, 0], matrix[:, 1], segments))
    oracle = DecisionTreeClassifier(
        max_depth=4, max_leaf_nodes=4, min_samples_leaf=6, random_state=0
    ).fit(matrix, segments)
    fidelity = rules["tree_fidelity"][0].as_py()
    assert fidelity == pytest.approx(oracle.score(matrix, segments))
    assert 0.5 < fidelity < 0.95


def test_missing_values_count_as_the_median():
    table = customers([1, 2, 3, 100, 101, 102, None], [1] * 7, [1, 1, 1, 2, 2, 2, 2])
    rules = {row["fitted_segment_id"]: row for row in explain(table).to_pylist()[::2]}
    assert rules[1]["fill_value"] == 51.5
    assert rules[1]["upper_bound"] == rules[2]["lower_bound"]
    assert 3 <= rules[1]["upper_bound"] < 51.5
    assert rules[1]["tree_fidelity"] == 1


def test_a_segment_that_no_leaf_belongs_to_has_no_rule():
    table = customers([1.0] * 10, [1.0] * 10, [1] * 9 + [2])
    rules = explain(table)
    assert rules["fitted_segment_id"].unique().to_pylist() == [1]
    assert rules["lower_bound"].null_count == rules["upper_bound"].null_count == 2
    assert rules["tree_fidelity"][0].as_py() == 0.9


@pytest.mark.parametrize("rows", [0, 1])
def test_nobody_and_one_customer(rows):
    rules = explain(customers([3.0], [1.0], [1]).slice(0, rows))
    assert rules.schema == SEGMENT_RULE_SCHEMA
    assert rules.num_rows == 2 * rows


def test_unknown_of_everybody_is_nought():
    rules = explain(customers([None, None], [1.0, 9.0], [1, 2]))
    assert set(rules["fill_value"].to_pylist()) == {0.0, 5.0}


def test_row_order_has_no_influence(quarters):
    shuffled = quarters.take(np.random.default_rng(1).permutation(quarters.num_rows))
    assert explain(shuffled).equals(explain(quarters))


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (44.0, 45.0, 44.0),
        (95.0, 110.0, 100.0),
        (3.506, 3.531, 3.52),
        (0.0, 1e-9, 5e-10),
        (-8.0, 3.0, -2.0),
        (1.0, np.nextafter(1.0, 2), 1.0),
    ],
)
def test_the_roundest_number_parts_two_values(lower, upper, expected):
    found = roundest_between(lower, upper)
    assert lower <= found < upper
    assert found == expected
