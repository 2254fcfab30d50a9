"""Groceries, baskets without customers, dates or money, counted again in pandas."""

from __future__ import annotations

import pandas as pd
import pytest
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy.stats import chi2_contingency, false_discovery_control

from .builds import Build, data_set_folder


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    rows = pd.read_parquet(data_set_folder("groceries") / "groceries_long.parquet")
    # Two items are written with a blank behind them throughout.
    return rows.assign(item=rows["item"].str.strip())


@pytest.fixture(scope="module")
def build(build_data_set) -> Build:
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


def test_rules_and_their_metrics_are_those_of_mlxtend(raw, build):
    table = pd.crosstab(raw["basket_id"], raw["item"]).astype(bool)
    itemsets = fpgrowth(table, min_support=0.005, use_colnames=True, max_len=2)
    theirs = association_rules(itemsets, metric="confidence", min_threshold=0.05)
    expected = {
        (next(iter(rule.antecedents)), next(iter(rule.consequents))): rule
        for rule in theirs.itertuples()
    }
    ours = build.frame("from pm__association_rules")
    found = {
        (rule.antecedent_key, rule.consequent_item): rule for rule in ours.itertuples()
    }
    assert found.keys() == expected.keys()
    assert len(found) > 400
    same_names = ("support", "confidence", "lift", "leverage", "conviction", "jaccard")
    for pair, rule in found.items():
        oracle = expected[pair]
        for name in same_names:
            assert getattr(rule, name) == pytest.approx(
                getattr(oracle, name), rel=1e-9, abs=1e-12
            ), (pair, name)
        assert rule.zhang == pytest.approx(oracle.zhangs_metric, rel=1e-9, abs=1e-12)


def test_p_and_q_values_are_those_of_scipy(build):
    pairs = build.frame("from pm__item_pairs order by item_a, item_b")
    p_values = []
    for pair in pairs.itertuples():
        both = pair.basket_count
        only_a, only_b = pair.basket_count_a - both, pair.basket_count_b - both
        neither = pair.total_basket_count - both - only_a - only_b
        test = chi2_contingency([[both, only_a], [only_b, neither]], correction=False)
        assert pair.chi_squared == pytest.approx(test.statistic, rel=1e-9)
        p_values.append(test.pvalue)
    # erfc is approximated to 1.2e-7 of its value.
    assert pairs["p_value"].to_numpy() == pytest.approx(p_values, rel=2e-7)
    assert pairs["q_value"].to_numpy() == pytest.approx(
        false_discovery_control(p_values, method="bh"), rel=2e-7
    )


def test_category_affinity_is_that_of_a_plain_count(raw, build):
    hierarchy = pd.read_parquet(data_set_folder("groceries") / "item_hierarchy.parquet")
    category = hierarchy.set_index(hierarchy["item"].str.strip())["level2"]
    table = pd.crosstab(raw["basket_id"], raw["item"].map(category)).astype(bool)
    counts = table.astype("int64")
    together = counts.T @ counts
    found = build.frame("from pm__category_affinity")
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
