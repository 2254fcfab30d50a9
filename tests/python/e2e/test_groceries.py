"""Groceries, baskets without customers, dates or money, counted again in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2_contingency, false_discovery_control

from .builds import Warehouse, data_set_folder


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    rows = pd.read_parquet(data_set_folder("groceries") / "groceries_long.parquet")
    # Two items are written with a blank behind them throughout.
    return rows.assign(item=rows["item"].str.strip())


@pytest.fixture(scope="module")
def build(build_data_set) -> Warehouse:
    return build_data_set("groceries")


def test_each_basket_and_item_is_there(raw, build):
    assert build.value("select count(*) from pm__order_lines") == len(raw) == 43_367
    assert build.rows(
        "select count(*), min(line_count), max(line_count) from pm__orders"
    ) == [(9_835, 1, 32)]
    expected = raw.groupby("item").size().to_dict()
    found = dict(build.rows("select item_id, order_count from pm__items"))
    assert found == expected


def test_items_have_their_categories(build):
    hierarchy = pd.read_parquet(data_set_folder("groceries") / "item_hierarchy.parquet")
    found = dict(build.rows("select item_id, category from pm__items"))
    assert found == dict(
        zip(hierarchy["item"].str.strip(), hierarchy["level2"], strict=True)
    )


def test_pairs_are_those_of_a_plain_count(raw, build):
    table = pd.crosstab(raw["basket_id"], raw["item"]).astype("int64")
    together = table.T @ table
    found = build.frame(
        "select item_a, item_b, basket_count, support from pm__item_pairs"
    )
    baskets = len(table)
    expected = {
        (a, b): together.at[a, b]
        for a in together.index
        for b in together.columns
        if a < b and together.at[a, b] >= 0.005 * baskets
    }
    assert {
        (row.item_a, row.item_b): row.basket_count for row in found.itertuples()
    } == expected


def expected_together(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Baskets expected to hold each two items, and those that could; pairs of columns.

    Basket size by basket size, as `pm_expected_basket_count` defines it.
    """
    sizes = table.sum(axis=1)
    expected = np.zeros((table.shape[1],) * 2)
    eligible = np.zeros_like(expected)
    for size in np.unique(sizes[sizes >= 2]):
        of_size = table[sizes == size]
        share = of_size.mean(axis=0)
        variance = (share * (1 - share)).sum()
        # No variance: each basket of the size holds the same items, and takes no place.
        places_taken = np.outer(1 - share, 1 - share) / (variance or np.inf)
        factor = np.maximum(1 / 3, 1 - places_taken)
        expected += len(of_size) * np.outer(share, share) * factor
        eligible += np.outer(of_size.sum(axis=0), share > 0)
    return expected, np.minimum(eligible, eligible.T)


def assert_tested_as_scipy_does(
    pairs: pd.DataFrame,
    table: pd.DataFrame,
    sides: list[str],
    *,
    tested: int,
    p_tolerance: float,
) -> None:
    """Expected counts, p- and q-values of pairs of the columns of `table`."""
    expected, eligible = expected_together(table.to_numpy())
    a, b = (table.columns.get_indexer_for(pairs[side]) for side in sides)
    # The SQL adds terms of nine decimals, one for each size.
    rounding = 5e-10 * table.sum(axis=1).nunique()
    np.testing.assert_allclose(
        pairs["expected_basket_count"], expected[a, b], rtol=1e-9, atol=rounding
    )
    count, chances = pairs["basket_count"].to_numpy(), eligible[a, b]
    p_values = binom.sf(count - 1, chances, expected[a, b] / chances)
    # What `pm_with_p_values` promises where few baskets, or all, hold both.
    ends = [(count == 1) | (count == chances), count == 2]
    bound = np.select(ends, [0.08, 0.02], p_tolerance)
    assert (np.abs(pairs["p_value"] - p_values) <= bound * p_values).all()
    # Pairs that are not listed were tested as well, and found nothing.
    absent = np.ones(tested - len(pairs))
    q_values = false_discovery_control(np.append(pairs["p_value"], absent), method="bh")
    np.testing.assert_allclose(pairs["q_value"], q_values[: len(pairs)], rtol=1e-9)


def test_p_and_q_values_are_those_of_scipy(raw, build):
    pairs = build.frame("from pm__item_pairs order by item_a, item_b")
    table = pd.crosstab(raw["basket_id"], raw["item"]).astype(bool)
    frequent = build.value(
        "select count(*) from pm__frequent_itemsets where item_count = 1"
    )
    assert_tested_as_scipy_does(
        pairs,
        table,
        ["item_a", "item_b"],
        tested=frequent * (frequent - 1) // 2,
        p_tolerance=1e-3,
    )


def test_chi_squared_is_that_of_scipy(build):
    for pair in build.frame("from pm__item_pairs").itertuples():
        both = pair.basket_count
        only_a, only_b = pair.basket_count_a - both, pair.basket_count_b - both
        neither = pair.total_basket_count - both - only_a - only_b
        test = chi2_contingency([[both, only_a], [only_b, neither]], correction=False)
        assert pair.chi_squared == pytest.approx(test.statistic, rel=1e-9)


def test_category_affinity_is_that_of_a_plain_count(raw, build):
    hierarchy = pd.read_parquet(data_set_folder("groceries") / "item_hierarchy.parquet")
    category = hierarchy.set_index(hierarchy["item"].str.strip())["level2"]
    table = pd.crosstab(raw["basket_id"], raw["item"].map(category)).astype(bool)
    counts = table.astype("int64")
    together = counts.T @ counts
    found = build.frame("from pm__category_affinity order by category_a, category_b")
    expected = {
        (a, b): together.at[a, b]
        for a in together.index
        for b in together.columns
        if a < b and together.at[a, b] > 0
    }
    assert {
        (row.category_a, row.category_b): row.basket_count for row in found.itertuples()
    } == expected
    assert len(found) > 1_000
    for row in found.itertuples():
        # Shares rather than counts: another road to lift.
        share_a, share_b = table[row.category_a].mean(), table[row.category_b].mean()
        share_both = (table[row.category_a] & table[row.category_b]).mean()
        assert row.lift == pytest.approx(share_both / (share_a * share_b))
        assert row.leverage == pytest.approx(share_both - share_a * share_b, abs=1e-12)
    assert_tested_as_scipy_does(
        found,
        table,
        ["category_a", "category_b"],
        tested=len(together) * (len(together) - 1) // 2,
        p_tolerance=0.01,
    )


def test_attach_rates_are_those_of_a_plain_count(raw, build):
    sizes = raw.groupby("basket_id")["item"].transform("nunique")
    baskets = raw.assign(others=sizes - 1).groupby("item")["others"]
    expected = pd.DataFrame(
        {
            "basket_count": baskets.size(),
            "attach_rate": baskets.apply(lambda others: (others > 0).mean()),
            "mean_other_item_count": baskets.mean(),
        }
    )
    found = build.frame("from pm__attach_rates").set_index("item_id")
    assert len(found) == len(expected) == 169
    pd.testing.assert_frame_equal(
        found[expected.columns], expected, check_names=False, check_like=True
    )
    # Each item costs 1.00, so the rest of a basket costs as much as it counts.
    assert found["mean_other_revenue"].astype(float).to_numpy() == pytest.approx(
        found["mean_other_item_count"], abs=0.005 + 1e-9
    )


def test_baskets_lack_companions_that_the_rules_name(build):
    rules = {
        (rule.antecedent_key, rule.consequent_item): rule.confidence
        for rule in build.frame("from pm__association_rules").itertuples()
    }
    found = build.frame("from pm__missing_companions")
    assert len(found) > 1_000
    assert found["customer_id"].isna().all()
    assert found["is_bought_in_other_order"].isna().all()
    for row in found.itertuples():
        assert rules[row.item_id, row.companion_item_id] == row.confidence >= 0.3
        assert row.companion_item_name in row.reason


def test_nobody_is_known(build):
    assert build.value("select count(*) from pm__customers") == 0
    assert build.value("select count(*) from pm__customer_segments") == 0
    assert build.value("select bool_and(is_anonymous) from pm__orders")
