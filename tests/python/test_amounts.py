"""Forecasts of money, judged by hand-computed cases and by what must not matter."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from precision_marketing.amounts import COLUMNS, METRICS, evaluate_forecasts

NUMBERS = {
    # Ten customers: two brought much, one a little; the forecast finds one of the two.
    "outcome_value": [100.0, 50, 10, 0, 0, 0, 0, 0, 0, 0],
    "predicted_value": [80.0, 5, 40, 5, 0, 0, 0, 0, 0, 0],
    "baseline_value": [20.0, 20, 20, 20, 20, 20, 20, 20, 0, 0],
    "outcome_order_days": [4.0, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    "predicted_orders": [3.0, 1, 1, 1, 0, 0, 0, 0, 0, 0],
    "baseline_orders": [1.0, 1, 1, 1, 1, 1, 1, 1, 0, 0],
    "lower_value": [60.0, 0, 20, 0, 0, 0, 0, 0, 0, 0],
    "upper_value": [100.0, 10, 60, 10, 1, 1, 1, 1, 1, 1],
}


def judged(numbers=NUMBERS, **changes):
    count = len(numbers["outcome_value"])
    columns = {
        "model": ["m"] * count,
        "customer_id": [f"c{n:05d}" for n in range(count)],
    }
    return pa.table(columns | numbers | changes)


def evaluate(table, **changes):
    return evaluate_forecasts(table, **({"group_columns": ["model"]} | changes))


def by_metric(evaluation, column="value"):
    return dict(
        zip(
            evaluation["metric"].to_pylist(),
            evaluation[column].to_pylist(),
            strict=True,
        )
    )


def random_shop(customers, seed=0):
    random = np.random.default_rng(seed)
    bought = random.random(customers) < 0.3
    outcome = bought * random.gamma(2, 50, customers)
    predicted = outcome * 0.5 + random.gamma(2, 10, customers)
    numbers = {name: random.gamma(2, 1, customers) for name in COLUMNS}
    return judged(
        numbers
        | {
            "outcome_value": outcome,
            "predicted_value": predicted,
            "baseline_value": random.gamma(2, 30, customers),
        }
    )


def test_metrics_are_those_computed_by_hand():
    found = by_metric(evaluate(judged()))
    # Errors 20, 45, 30, 5 and six times 0.
    assert found["value_mae"] == pytest.approx(10.0)
    # The baseline's: 80, 30, 10 and five times 20.
    assert found["mae_reduction"] == pytest.approx(1 - 100 / 220)
    assert found["value_total_ratio"] == pytest.approx(130 / 160)
    # A fifth are two: c0 and c1 brought most, c0 and c2 have the highest forecasts.
    assert found["top_20_capture"] == pytest.approx(0.5)
    assert found["top_20_revenue_share"] == pytest.approx(110 / 160)
    assert found["order_mae"] == pytest.approx(0.2)
    assert found["order_total_ratio"] == pytest.approx(1.0)
    # c1 (50 above 10) and c2 (10 below 20) lie outside.
    assert found["interval_coverage"] == pytest.approx(0.8)


def test_the_baseline_is_measured_as_the_model_is():
    found = by_metric(evaluate(judged()), "baseline_value")
    assert found["value_mae"] == pytest.approx(22.0)
    assert found["mae_reduction"] == pytest.approx(0.0)
    # Eight tie for two places: a quarter of each of the two is in the fifth.
    assert found["top_20_capture"] == pytest.approx(0.25)
    assert found["top_20_revenue_share"] == pytest.approx(0.25)
    assert found["order_mae"] == pytest.approx(0.8)
    assert found["interval_coverage"] is None


def test_the_fifth_who_brought_most_brought_something():
    numbers = NUMBERS | {"outcome_value": [100.0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}
    assert by_metric(evaluate(judged(numbers)))["top_20_capture"] == pytest.approx(1.0)


def test_a_model_of_money_alone_has_no_metrics_of_orders():
    nothing = pa.nulls(10, pa.float64())
    found = by_metric(
        evaluate(
            judged(predicted_orders=nothing, lower_value=nothing, upper_value=nothing)
        )
    )
    assert found["order_mae"] is None
    assert found["interval_coverage"] is None
    assert found["value_mae"] == pytest.approx(10.0)


def test_where_nobody_bought_shares_are_not_defined():
    found = evaluate(judged(NUMBERS | {"outcome_value": [0.0] * 10}))
    values = by_metric(found)
    for metric in ("value_total_ratio", "top_20_capture", "top_20_revenue_share"):
        assert values[metric] is None
    assert set(found["grade"].to_pylist()) == {"insufficient_data"}


@pytest.mark.parametrize(
    ("share", "grade"), [(0.0, "A"), (0.95, "B"), (1.0, "B"), (1.05, "C")]
)
def test_grades_go_by_the_error_beside_the_baseline(share, grade):
    """A forecast that is off by a share of what the baseline is off by."""
    table = random_shop(400)
    outcome = table["outcome_value"].to_numpy()
    baseline = table["baseline_value"].to_numpy()
    predicted = outcome + share * (baseline - outcome)
    changed = table.set_column(
        table.column_names.index("predicted_value"),
        "predicted_value",
        pa.array(predicted),
    )
    assert set(evaluate(changed)["grade"].to_pylist()) == {grade}


def test_few_buyers_give_no_grade():
    found = evaluate(judged(), min_positives=4)
    assert set(found["grade"].to_pylist()) == {"insufficient_data"}


def test_intervals_hold_the_value_and_narrow_with_customers():
    few, many = (evaluate(random_shop(customers)) for customers in (200, 20_000))
    for metric in ("value_mae", "mae_reduction", "value_total_ratio", "top_20_capture"):
        for table in (few, many):
            low, value, high = (
                by_metric(table, column)[metric]
                for column in ("lower", "value", "upper")
            )
            assert low <= value <= high
        widths = [
            by_metric(table, "upper")[metric] - by_metric(table, "lower")[metric]
            for table in (few, many)
        ]
        # A hundred times the customers, a tenth of the width.
        assert 5 < widths[0] / widths[1] < 20


def test_an_interval_from_a_sample_is_as_wide_as_one_from_all(monkeypatch):
    table = random_shop(4_000)
    whole = evaluate(table)
    monkeypatch.setattr("precision_marketing.amounts.BOOTSTRAP_ROWS", 1_000)
    part = evaluate(table)
    assert by_metric(part) == by_metric(whole)
    for metric in ("value_mae", "top_20_capture"):
        widths = [
            by_metric(found, "upper")[metric] - by_metric(found, "lower")[metric]
            for found in (whole, part)
        ]
        assert 0.6 < widths[1] / widths[0] < 1.6


def test_the_order_of_rows_is_of_no_account():
    table = random_shop(300)
    random = np.random.default_rng(0)
    shuffled = table.take(pa.array(random.permutation(300)))
    assert evaluate(shuffled).equals(evaluate(table))


def test_each_model_is_judged_by_itself():
    first, second = random_shop(100), random_shop(200, seed=1)
    second = second.set_column(0, "model", pa.array(["n"] * 200))
    both = evaluate(pa.concat_tables([second, first]))
    assert both.slice(0, len(METRICS)).equals(evaluate(first))
    assert both.slice(len(METRICS)).equals(evaluate(second))


def test_groups_keep_their_types():
    days = pa.array([date(2024, 1, 1)] * 10)
    table = judged().append_column("as_of_date", days)
    found = evaluate(table, group_columns=["model", "as_of_date"])
    assert found.schema.field("as_of_date").type == pa.date32()
    empty = evaluate(table.slice(0, 0), group_columns=["model", "as_of_date"])
    assert empty.schema.equals(found.schema) and empty.num_rows == 0


def test_bad_tables_are_named():
    with pytest.raises(ValueError, match="missing columns"):
        evaluate(judged().drop_columns(["baseline_value"]))
    with pytest.raises(ValueError, match="identify a row"):
        evaluate(pa.concat_tables([judged(), judged()]))
    with pytest.raises(ValueError, match="must be finite"):
        evaluate(judged(NUMBERS | {"predicted_value": [float("nan")] * 10}))
    with pytest.raises(ValueError, match="n_bootstrap must be at least 0"):
        evaluate(judged(), n_bootstrap=-1)
