"""Itemsets and rules as mlxtend and efficient-apriori find them; planted pairs."""

from __future__ import annotations

import efficient_apriori
import numpy as np
import pandas as pd
import pytest
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy.stats import chi2, false_discovery_control

from .basket_models import BasketModels, as_columns
from .builds import Project, Warehouse

# Data set and least support, as a share or a count.
CASES = [
    ("groceries", 0.002),
    ("groceries", 0.01),
    ("groceries", 60),
    ("online_retail", 0.01),
    ("online_retail", 150),
    ("demo", 0.001),
    ("demo", 30),
]
LEAST_CONFIDENCE = 0.1
SAME_METRICS = {
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhang": "zhangs_metric",
    "jaccard": "jaccard",
}


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def mined(request, project: Project, build_data_set, tmp_path_factory):
    """Baskets, least support as a count, and the tables made of them."""
    name, support = request.param
    build: Warehouse = (
        request.getfixturevalue("demo") if name == "demo" else build_data_set(name)
    )
    baskets = build.frame(
        "select order_id, item_id from int_pm__basket_items where basket_size <= 200"
    )
    models = BasketModels(
        project,
        tmp_path_factory.mktemp("mined"),
        pm_basket_min_support=support,
        pm_basket_min_confidence=LEAST_CONFIDENCE,
    )
    total = baskets["order_id"].nunique()
    least_count = support if support >= 1 else int(np.ceil(support * total - 1e-9))
    return baskets, least_count, models.run(baskets)


@pytest.fixture(scope="module")
def their_itemsets(mined) -> pd.DataFrame:
    baskets, least_count, _ = mined
    table = as_columns(baskets)
    # mlxtend compares shares: half a basket less leaves no doubt on either side.
    share = (least_count - 0.5) / len(table)
    return fpgrowth(table, min_support=share, use_colnames=True, max_len=5)


def test_itemsets_are_those_of_mlxtend(mined, their_itemsets):
    _, _, tables = mined
    ours = tables.sql("select items, item_count, support from pm__frequent_itemsets")
    found = {frozenset(items): support for items, _, support in ours.fetchall()}
    expected = dict(
        zip(their_itemsets["itemsets"], their_itemsets["support"], strict=True)
    )
    assert found.keys() == expected.keys()
    assert max(abs(found[items] - expected[items]) for items in found) < 1e-12


def test_each_level_has_as_many_itemsets_as_efficient_apriori_counts(mined):
    baskets, least_count, tables = mined
    transactions = baskets.groupby("order_id")["item_id"].agg(tuple).tolist()
    share = (least_count - 0.5) / len(transactions)
    theirs, _ = efficient_apriori.apriori(
        transactions, min_support=share, min_confidence=1, max_length=5
    )
    found = tables.sql(
        "select item_count, count(*), sum(basket_count)"
        " from pm__frequent_itemsets group by item_count"
    ).fetchall()
    assert {level: (count, total) for level, count, total in found} == {
        level: (len(itemsets), sum(itemsets.values()))
        for level, itemsets in theirs.items()
        if itemsets
    }


def test_rules_and_their_metrics_are_those_of_mlxtend(mined, their_itemsets):
    _, _, tables = mined
    # Shares again: a little less, and what is exactly as confident is compared as well.
    theirs = association_rules(
        their_itemsets, metric="confidence", min_threshold=LEAST_CONFIDENCE - 1e-12
    )
    expected = {
        (rule.antecedents, next(iter(rule.consequents))): rule
        for rule in theirs.itertuples()
        if len(rule.consequents) == 1
    }
    ours = tables.sql("from pm__association_rules").df()
    found = {
        (frozenset(rule.antecedent_items), rule.consequent_item): rule
        for rule in ours.itertuples()
    }
    assert len(found) == len(ours) > 0
    assert found.keys() == expected.keys()
    for name, their_name in SAME_METRICS.items():
        values = np.array([getattr(found[key], name) for key in found], float)
        oracle = np.array([getattr(expected[key], their_name) for key in found], float)
        # Where a rule never fails they say infinity, and SQL null.
        oracle = np.where(np.isinf(oracle), np.nan, oracle)
        np.testing.assert_allclose(values, oracle, rtol=1e-9, atol=1e-12, err_msg=name)


def test_redundant_rules_are_those_that_a_part_of_the_antecedent_matches(mined):
    _, _, tables = mined
    rules = tables.sql("from pm__association_rules").df()
    confidence = {
        (frozenset(rule.antecedent_items), rule.consequent_item): rule.confidence
        for rule in rules.itertuples()
    }
    of_consequent: dict[str, list[tuple[frozenset, float]]] = {}
    for (antecedent, consequent), value in confidence.items():
        of_consequent.setdefault(consequent, []).append((antecedent, value))
    for rule in rules[rules["antecedent_item_count"] > 1].itertuples():
        whole = frozenset(rule.antecedent_items)
        is_matched = any(
            part < whole and value >= rule.confidence
            for part, value in of_consequent[rule.consequent_item]
        )
        assert rule.is_redundant == is_matched, (whole, rule.consequent_item)
    assert not rules.loc[rules["antecedent_item_count"] == 1, "is_redundant"].any()


# -- Planted pairs ---------------------------------------------------------------------

SEEDS = 50
BASKETS = 3_000
ITEMS = 120
PLANTED = 12
ADD_PROBABILITY = 0.4


def draw_shop(
    seed: int, *, with_replacement: bool
) -> tuple[pd.DataFrame, set[tuple[str, str]]]:
    """Baskets of 1 to 40 items that share nothing but popularity, and planted pairs.

    An item of popularity rank r has weight 1 / (r + 3). A basket that holds the first
    item of a planted pair gets the second one with a chance of 0.4.
    """
    rng = np.random.default_rng(seed)
    weights = 1 / (np.arange(ITEMS) + 4.0)
    sizes = np.minimum(40, 1 + rng.negative_binomial(1.2, 0.25, BASKETS))
    holds = np.zeros((BASKETS, ITEMS), dtype=bool)
    rows = np.repeat(np.arange(BASKETS), sizes)
    if with_replacement:
        drawn = rng.choice(ITEMS, len(rows), p=weights / weights.sum())
    else:
        # The largest of log weight plus Gumbel noise are draws without replacement.
        keys = np.log(weights) + rng.gumbel(size=holds.shape)
        places = np.concatenate([np.arange(size) for size in sizes])
        drawn = np.argsort(-keys, axis=1)[rows, places]
    holds[rows, drawn] = True
    planted = rng.permutation(np.arange(2, ITEMS // 2))[: 2 * PLANTED].reshape(-1, 2)
    for first, second in planted:
        holds[:, second] |= holds[:, first] & (rng.random(BASKETS) < ADD_PROBABILITY)
    order, item = np.nonzero(holds)
    codes = np.array([f"I{number:03d}" for number in range(ITEMS)])
    baskets = pd.DataFrame({"order_id": order.astype(str), "item_id": codes[item]})
    return baskets, {tuple(sorted(pair)) for pair in codes[planted].tolist()}


@pytest.fixture(scope="module")
def pair_models(project: Project, tmp_path_factory) -> BasketModels:
    return BasketModels(
        project,
        tmp_path_factory.mktemp("planted"),
        pm_basket_min_support=0.003,
        pm_basket_max_items=2,
    )


@pytest.mark.parametrize("with_replacement", [False, True])
def test_pairs_below_a_q_value_of_five_percent_are_planted(
    pair_models, with_replacement
):
    false_shares, false_shares_of_chi_squared, found, planted_count = [], [], 0, 0
    for seed in range(SEEDS):
        baskets, planted = draw_shop(seed, with_replacement=with_replacement)
        pairs = (
            pair_models.run(baskets)
            .sql("select item_a, item_b, chi_squared, q_value from pm__item_pairs")
            .df()
        )
        is_planted = np.array(
            [pair in planted for pair in zip(pairs.item_a, pairs.item_b, strict=True)]
        )
        kept = (pairs["q_value"] < 0.05).to_numpy()
        false_shares.append((kept & ~is_planted).sum() / max(1, kept.sum()))
        found += (kept & is_planted).sum()
        planted_count += is_planted.sum()
        plain = false_discovery_control(chi2.sf(pairs["chi_squared"], 1)) < 0.05
        false_shares_of_chi_squared.append((plain & ~is_planted).sum() / plain.sum())
    assert np.mean(false_shares) <= 0.05
    assert found >= 0.95 * planted_count > 0.95 * SEEDS * PLANTED * 0.95
    # What baskets of different sizes do to the plain test: the reason for all of this.
    assert np.mean(false_shares_of_chi_squared) > 0.5
