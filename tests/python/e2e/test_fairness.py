"""Groups are marked for what a model does to them, and not for how few they are."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm
from scipy.stats.contingency import relative_risk

from .builds import Project, Warehouse

MODELS = ("ml_pm__fairness_gaps", "pm__model_fairness")
CONFIDENCE = 0.95
RATES = 3
# Groups of a shop with their customers, whom each of the models judges.
GROUPS = {"a": 900, "b": 400, "c": 120, "d": 60}
MODEL_COUNT = 5
CHANCE_CHOSEN = {0: 0.2, 1: 0.5}
POSITIVE_SHARE = 0.3


class FairnessModels:
    """The SQL of fairness, run in memory on groups of one's own."""

    def __init__(self, project: Project, folder, **settings):
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("attach ':memory:' as shop")
        self._connection.execute("use shop")
        self._connection.execute(
            "create table ml_pm__fitted_models as select"
            f" 'm' || range as model_version, 'final' as final_model_version"
            f" from range({MODEL_COUNT})"
        )
        self._queries = project.compile(folder, MODELS, **settings)

    def run(self, counts: pd.DataFrame) -> pd.DataFrame:
        """pm__model_fairness of groups that were counted."""
        self._connection.register("given", counts)
        tables = {"ml_pm__fairness_counts": "from given"} | self._queries
        for name, query in tables.items():
            self._connection.execute(f"create or replace table {name} as {query}")
        return self._connection.sql(
            "from pm__model_fairness order by model_version, group_value"
        ).df()


def draw_shop(random: np.random.Generator, **chosen_of_positives: float):
    """Counts of groups that are alike but for the chance named for one of them."""
    rows = []
    for model in range(MODEL_COUNT):
        for group, customers in GROUPS.items():
            positives = random.binomial(customers, POSITIVE_SHARE)
            chance = chosen_of_positives.get(group, CHANCE_CHOSEN[1])
            chosen_positives = random.binomial(positives, chance)
            chosen_others = random.binomial(customers - positives, CHANCE_CHOSEN[0])
            rows.append(
                {
                    "target": "purchase",
                    "algorithm": "decision_tree",
                    "fold": "origin_1",
                    "model_version": f"m{model}",
                    "evaluation_date": pd.Timestamp("2025-01-01"),
                    "group_column": "gender",
                    "group_value": group,
                    "customer_count": customers,
                    "positive_count": positives,
                    "chosen_count": chosen_positives + chosen_others,
                    "chosen_positive_count": chosen_positives,
                    "probability_sum": POSITIVE_SHARE * customers,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def strict(project, tmp_path_factory) -> FairnessModels:
    """Any gap counts that is not chance."""
    return FairnessModels(
        project,
        tmp_path_factory.mktemp("strict"),
        pm_fairness_min_customers=10,
        pm_fairness_confidence=CONFIDENCE,
        pm_fairness_min_ratio=1,
        pm_fairness_max_gap=0,
    )


@pytest.fixture(scope="module")
def by_default(project, tmp_path_factory) -> FairnessModels:
    return FairnessModels(project, tmp_path_factory.mktemp("by_default"))


def test_groups_that_are_alike_are_marked_in_a_few_shops_of_a_hundred(
    strict, by_default
):
    random = np.random.default_rng(0)
    draws = 100
    told_apart = marked = wide = 0
    for _ in range(draws):
        shop = draw_shop(random)
        told_apart += not strict.run(shop)["is_fair"].all()
        judged = by_default.run(shop)
        marked += judged["is_fair"].eq(False).any()
        wide += (
            (judged["selection_rate_ratio"] < 0.8)
            | (judged["true_positive_rate_gap"] > 0.1)
            | (judged["false_positive_rate_gap"] > 0.1)
        ).any()
    # Five in a hundred are what the confidence allows; ten would be two errors more.
    assert told_apart < 0.1 * draws
    assert marked < 0.1 * draws
    # It is the interval that keeps them out: as wide are the gaps of most shops.
    assert wide > 0.8 * draws


def test_a_group_that_a_model_does_not_recognise_is_marked(by_default):
    random = np.random.default_rng(1)
    found = []
    for _ in range(30):
        judged = by_default.run(draw_shop(random, b=0.15))
        unfair = judged[judged["is_fair"].eq(False)]
        found.append(set(unfair["group_value"]))
    assert sum("b" in groups for groups in found) == 30
    assert sum(groups <= {"b"} for groups in found) >= 27


def wilson(count: float, total: float, confidence: float) -> tuple[float, float]:
    return binomtest(int(count), int(total)).proportion_ci(confidence, "wilson")


def newcombe(more, less, confidence: float) -> tuple[float, float]:
    """Interval of a difference of shares, from each one's own (1998, method 10)."""
    shares = [count / total for count, total in (more, less)]
    (low, high), (other_low, other_high) = (
        wilson(*pair, confidence) for pair in (more, less)
    )
    difference = shares[0] - shares[1]
    return (
        difference - np.hypot(shares[0] - low, other_high - shares[1]),
        difference + np.hypot(high - shares[0], shares[1] - other_low),
    )


def ratio_interval(own, best, confidence: float) -> tuple[float, float]:
    """Katz' interval by scipy, made Walter's.

    Half a case more of each is the ratio of doubled counts and one, whose logarithm has
    half the variance.
    """
    doubled = [int(2 * count + 1) for pair in (own, best) for count in pair]
    reach = norm.isf((1 - confidence) / 2) * np.sqrt(2)
    return tuple(relative_risk(*doubled).confidence_interval(1 - 2 * norm.sf(reach)))


def test_the_published_interval_of_a_difference_comes_out():
    # Newcombe (1998), table II: 56 of 70 against 48 of 80.
    assert newcombe((56, 70), (48, 80), 0.95) == pytest.approx(
        (0.0524, 0.3339), abs=5e-5
    )


def compare(own, best, rate: str, confidence: float) -> tuple[float, float]:
    if rate == "selection_rate_ratio":
        return ratio_interval(own, best, confidence)
    pair = (best, own) if rate == "true_positive_rate_gap" else (own, best)
    return newcombe(*pair, confidence)


def test_intervals_equal_scipys(demo: Warehouse):
    rows = demo.frame(
        "select * from pm__model_fairness inner join ml_pm__fairness_counts"
        " using (model_version, group_column, group_value) where is_judged"
    )
    # Two groups of each of five models are large enough: five times three comparisons.
    assert rows["group_value"].value_counts().to_dict() == {"female": 5, "male": 5}
    confidence = 1 - (1 - CONFIDENCE) / (5 * RATES)
    checked = 0
    for _, pair in rows.groupby("model_version"):
        misses = pair["customer_count"] - pair["positive_count"]
        counts = {
            "selection_rate_ratio": (pair["chosen_count"], pair["customer_count"]),
            "true_positive_rate_gap": (
                pair["chosen_positive_count"],
                pair["positive_count"],
            ),
            "false_positive_rate_gap": (
                pair["chosen_count"] - pair["chosen_positive_count"],
                misses,
            ),
        }
        for rate, (cases, totals) in counts.items():
            lower = pair[f"{rate}_lower"].to_numpy()
            (own,) = np.flatnonzero(np.isfinite(lower))
            best = 1 - own
            expected = compare(
                (cases.iloc[own], totals.iloc[own]),
                (cases.iloc[best], totals.iloc[best]),
                rate,
                confidence,
            )
            found = lower[own], pair[f"{rate}_upper"].iloc[own]
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-6), rate
            checked += 1
    assert checked == 15


def test_the_interval_of_calibration_is_that_of_the_rate_that_came(demo: Warehouse):
    rows = demo.frame("from pm__model_fairness where is_judged")
    confidence = 1 - (1 - CONFIDENCE) / len(rows)
    for row in rows.itertuples():
        low, high = wilson(row.positive_count, row.customer_count, confidence)
        assert row.calibration_gap_lower == pytest.approx(row.mean_probability - high)
        assert row.calibration_gap_upper == pytest.approx(row.mean_probability - low)
