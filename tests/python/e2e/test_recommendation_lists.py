"""Recommendations of the demo shop: lists, rules, and the evaluation in Python."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from .builds import Build, Project, Warehouse

DEPTHS = (5, 10, 20)
METRICS = ("hit_rate", "precision", "recall", "map", "ndcg", "mrr")
DRAWS = 200
SEED = 20240101


@pytest.fixture(scope="module")
def lists(demo) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Items by method, list and customer, best first."""
    rows = demo.rows(
        "select method, list, customer_id, item_id from ml_pm__recommender_lists"
        " order by method, list, customer_id, rank"
    )
    found: dict = {}
    for method, purpose, customer, item in rows:
        found.setdefault((method, purpose), {}).setdefault(customer, []).append(item)
    return found


@pytest.fixture(scope="module")
def targets(demo) -> dict[str, dict[str, set[str]]]:
    """Items bought after the day of evaluation, by list and customer."""
    found: dict = {}
    for purpose, customer, item in demo.rows(
        "select list, customer_id, item_id from int_pm__recommendation_targets"
        " where fold = 'evaluate'"
    ):
        found.setdefault(purpose, {}).setdefault(customer, set()).add(item)
    return found


def metrics_of(items: list[str], wanted: set[str], k: int) -> dict[str, float]:
    """The metrics of one list, the gain by scikit-learn."""
    hits = [item in wanted for item in items[:k]]
    precisions = [
        sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit
    ]
    # Whatever is not in the list comes after it: empty places, then what was missed.
    shown = items + [f"empty {n}" for n in range(20 - len(items))]
    missed = sorted(wanted.difference(items))
    truth = [[float(item in wanted) for item in shown + missed]]
    order = [list(range(len(truth[0]), 0, -1))]
    return {
        "hit_rate": float(any(hits)),
        "precision": sum(hits) / k,
        "recall": sum(hits) / len(wanted),
        "map": sum(precisions) / min(k, len(wanted)),
        "ndcg": ndcg_score(truth, order, k=k, ignore_ties=True),
        "mrr": 1 / (hits.index(True) + 1) if any(hits) else 0.0,
    }


@pytest.fixture(scope="module")
def expected(lists, targets) -> pd.DataFrame:
    """One row per method, list, k and customer, in plain Python."""
    rows = []
    for (method, purpose), by_customer in lists.items():
        judged = targets[purpose].keys() & lists["blend", purpose].keys()
        for customer in sorted(judged):
            items, wanted = by_customer.get(customer, []), targets[purpose][customer]
            for k in DEPTHS:
                rows.append(
                    {"method": method, "list": purpose, "k": k, "customer_id": customer}
                    | metrics_of(items, wanted, k)
                )
    return pd.DataFrame(rows)


KEYS = ["method", "list", "k"]


@pytest.fixture(scope="module")
def known(demo, expected) -> pd.DataFrame:
    """Those rows of customers of whom the judged day knew a purchase."""
    customers = demo.rows(
        "select customer_id from int_pm__recommendation_customers"
        " where fold = 'evaluate' order by customer_id"
    )
    return expected[expected["customer_id"].isin([name for (name,) in customers])]


def test_each_customers_metrics_are_those_of_plain_python(demo, expected):
    found = demo.frame("from ml_pm__recommender_customer_metrics")
    both = expected.merge(
        found, on=[*KEYS, "customer_id"], how="outer", suffixes=("_expected", "")
    )
    assert len(both) == len(expected) == len(found) > 10_000
    for metric in METRICS:
        np.testing.assert_allclose(
            both[metric], both[f"{metric}_expected"], rtol=0, atol=1e-12, err_msg=metric
        )


def test_the_evaluation_is_their_mean(demo, known):
    found = demo.frame("from pm__recommender_evaluation").set_index(KEYS)
    means = known.groupby(KEYS)[list(METRICS)].mean()
    assert found.index.sort_values().equals(means.index.sort_values())
    for metric in METRICS:
        np.testing.assert_allclose(
            found[metric], means.loc[found.index, metric], rtol=0, atol=1e-9
        )
    # The better of what was bought most ever and what was bought most lately.
    both = means["ndcg"].loc[["popularity", "recent_popularity"]]
    popular = both.groupby(["list", "k"]).max()
    for method, purpose, k in found.index:
        assert found.loc[(method, purpose, k), "lift_over_popularity"] == pytest.approx(
            means.loc[(method, purpose, k), "ndcg"] / popular[purpose, k]
        )


def poisson_weight(customer: str, draw: int) -> int:
    """The inverse of the distribution of a Poisson number with mean 1 at a hash."""
    digest = hashlib.md5(f"{customer}:{draw}:{SEED}".encode(), usedforsecurity=False)
    uniform = int(digest.hexdigest()[:8], 16) / 2**32
    count, total = 0, math.exp(-1)
    while uniform >= total and count < 7:
        count += 1
        total += math.exp(-1) / math.factorial(count)
    return count


def test_intervals_are_those_of_a_bootstrap_in_numpy(demo, known):
    found = demo.frame("from pm__recommender_evaluation").set_index(KEYS)
    customers = sorted(known["customer_id"].unique())
    # All are in the sample, so that nothing has to be scaled.
    assert len(customers) <= 1_000
    weights = pd.DataFrame(
        [[poisson_weight(c, draw) for draw in range(1, DRAWS + 1)] for c in customers],
        index=customers,
    )
    # The mean weight is 1 within 5 standard errors.
    assert abs(weights.to_numpy().mean() - 1) < 5 / math.sqrt(weights.size)
    for keys, rows in known.groupby(KEYS):
        drawn = weights.loc[rows["customer_id"]].to_numpy()
        for metric in METRICS:
            means = rows[metric].to_numpy() @ drawn / drawn.sum(axis=0)
            lower, upper = np.quantile(means, [0.025, 0.975])
            assert found.loc[keys, f"{metric}_lower"] == pytest.approx(lower, abs=1e-9)
            assert found.loc[keys, f"{metric}_upper"] == pytest.approx(upper, abs=1e-9)


def test_segments_are_those_of_the_day_before_and_add_up(demo, targets):
    by_segment = demo.frame(
        "select method, list, k, sum(customer_count)::int as n,"
        " sum(customer_count * ndcg) as gain"
        " from pm__recommender_evaluation_by_segment"
        " where segment != 'no_order' group by all"
    ).set_index(KEYS)
    overall = demo.frame("from pm__recommender_evaluation").set_index(KEYS)
    assert (by_segment["n"] == overall.loc[by_segment.index, "customer_count"]).all()
    np.testing.assert_allclose(
        by_segment["gain"] / by_segment["n"], overall.loc[by_segment.index, "ndcg"]
    )
    left_out = dict(
        demo.rows(
            "select distinct"
            " list, left_out_count + customer_count + new_customer_count"
            " from pm__recommender_evaluation order by list"
        )
    )
    assert left_out == {purpose: len(found) for purpose, found in targets.items()}


def test_new_customers_are_judged_by_what_a_visitor_was_shown(
    demo, lists, targets, expected, known
):
    strangers = targets["discover"].keys() - set(known["customer_id"])
    shown = [
        item
        for (item,) in demo.rows(
            "select item_id from int_pm__popular_items"
            " where fold = 'evaluate' and audience_kind = 'overall'"
            " and popularity_rank <= 20 order by popularity_rank"
        )
    ]
    assert len(strangers) > 50
    assert all(lists["blend", "discover"][customer] == shown for customer in strangers)
    found = demo.frame(
        "from pm__recommender_evaluation_by_segment where segment = 'no_order'"
    ).set_index(KEYS)
    means = (
        expected[expected["customer_id"].isin(strangers)]
        .groupby(KEYS)[list(METRICS)]
        .mean()
    )
    assert (found["customer_count"] == len(strangers)).all()
    assert (found["left_out_count"] == 0).all()
    for metric in METRICS:
        np.testing.assert_allclose(
            found[metric], means.loc[found.index, metric], rtol=0, atol=1e-9
        )
    # Nothing is known of them but what is popular.
    assert found.loc[("blend", "discover", 10), "ndcg"] > 0.05
    assert found.loc[("cosine", "discover", 10), "ndcg"] == 0


def test_the_blend_is_better_than_chance(demo):
    bounds = {
        (method, purpose): (lower, upper)
        for method, purpose, lower, upper in demo.rows(
            "select method, list, ndcg_lower, ndcg_upper"
            " from pm__recommender_evaluation where k = 10"
        )
    }
    for purpose in ("discover", "buy_again"):
        assert bounds["blend", purpose][0] > bounds["random", purpose][1]


def test_everybody_has_a_full_discover_list(demo):
    assert demo.rows(
        "select item_count, count(*) from ("
        "  select customer_id, count(item_id) as item_count from pm__customers"
        "  left join pm__customer_recommendations as lists"
        "    using (customer_id)"
        "  where lists.list = 'discover' or lists.list is null group by customer_id"
        ") group by item_count"
    ) == [(10, demo.value("select count(*) from pm__customers"))]
    # Those who never ordered see what is popular, exactly as visitors do.
    without_order = demo.frame(
        "select customer_id, rank, item_id from pm__customer_recommendations"
        " where customer_id in ("
        "   select customer_id from pm__customers where order_count = 0"
        "   and return_order_count = 0)"
        " order by customer_id, rank"
    )
    popular = [
        item
        for (item,) in demo.rows(
            "select item_id from pm__popular_items where country = 'all' order by rank"
        )
    ]
    shown = without_order.groupby("customer_id")["item_id"].agg(list)
    assert len(shown) > 10
    assert all(items == popular for items in shown)


def test_reasons_name_what_was_bought(demo):
    reasons = demo.frame(
        "select lists.reason, lists.reason_item_id, items.item_name,"
        " bought.item_id is not null as is_bought"
        " from pm__customer_recommendations as lists"
        " inner join pm__items as items on lists.reason_item_id = items.item_id"
        " left join ("
        "   select distinct customer_id, item_id from pm__order_lines"
        "   where not is_return"
        " ) as bought"
        "   on lists.customer_id = bought.customer_id"
        "   and lists.reason_item_id = bought.item_id"
    )
    assert len(reasons) > 1_000
    assert reasons["is_bought"].all()
    assert all(
        name in reason
        for name, reason in zip(reasons["item_name"], reasons["reason"], strict=True)
    )
    unfilled = "select count(*) from pm__customer_recommendations"
    assert demo.value(f"{unfilled} where contains(reason, '{{')") == 0


@pytest.fixture(scope="module")
def strict(project: Project, demo: Warehouse, tmp_path_factory) -> Build:
    """The demo shop in Chinese, with few items on offer and every rule at work."""
    excluded = [
        item
        for (item,) in demo.rows(
            "select item_id from pm__items order by order_count desc limit 3"
        )
    ]
    return project.build(
        tmp_path_factory.mktemp("strict"),
        settings={
            "pm_language": "zh",
            "pm_recommendation_count": 5,
            "pm_recommendation_excluded_items": [
                *(item.lower() for item in excluded),
                "no such item",
            ],
            "pm_recommendation_price_band": [0.9, 1.1],
            "pm_recommendation_max_per_category": 1,
            "pm_recommendation_rebuy_days": 60,
        },
    ).assert_green()


def test_an_exclusion_that_names_nothing_is_reported(strict):
    assert strict.rows(
        "select observed, status from pm__data_readiness"
        " where requirement = 'exclusions_without_an_item'"
    ) == [(1, "warn")]


def test_every_rule_is_kept_or_said_to_be_waived(strict, demo):
    # The build was green, and with it recommendations_keep_the_rules.
    excluded = [
        item
        for (item,) in demo.rows(
            "select item_id from pm__items order by order_count desc limit 3"
        )
    ]
    shown = {
        item
        for (item,) in strict.rows("select item_id from pm__customer_recommendations")
    }
    assert shown.isdisjoint(excluded)
    assert shown.isdisjoint(
        item
        for (item,) in strict.rows("select item_id from pm__items where not is_active")
    )
    assert strict.rows(
        "select distinct count(*) from pm__customer_recommendations"
        " where list = 'discover' group by customer_id"
    ) == [(5,)]
    outside = strict.rows(
        "select lists.waived_rule, count(*)"
        " from pm__customer_recommendations as lists"
        " inner join int_pm__recommendation_offers as offers using (item_id)"
        " inner join int_pm__recommendation_shoppers as shoppers using (customer_id)"
        " where list = 'discover'"
        " and not offers.unit_price between"
        "   0.9 * shoppers.usual_price and 1.1 * shoppers.usual_price"
        " group by lists.waived_rule"
    )
    waived = dict(outside)
    assert waived.keys() <= {"price_band", "category_maximum"}
    assert waived["price_band"] > 0


def test_reasons_are_in_the_language_of_the_shop(strict):
    assert (
        strict.value(
            "select count(*) from pm__customer_recommendations"
            " where not regexp_matches(reason, '[\u4e00-\u9fff]')"
        )
        == 0
    )


def test_online_retail_is_recommended_better_than_by_popularity(build_data_set):
    build = build_data_set("online_retail")
    evaluation = {
        (row["method"], row["list"]): row
        for row in build.records("from pm__recommender_evaluation where k = 10")
    }
    for purpose in ("discover", "buy_again"):
        blend = evaluation["blend", purpose]
        assert blend["lift_over_popularity_lower"] > 1
        assert blend["ndcg_lower"] > evaluation["random", purpose]["ndcg_upper"]
        counts = {
            counts_of(row)
            for (_, judged), row in evaluation.items()
            if judged == purpose
        }
        # All methods on the same customers.
        assert len(counts) == 1
    # 2,284 bought something new in the last 60 days, 594 of them for the first time.
    assert counts_of(evaluation["blend", "discover"]) == (1_690, 0, 594)
    strangers = build.records(
        "from pm__recommender_evaluation_by_segment"
        " where k = 10 and segment = 'no_order' and method in ('blend', 'random')"
        " order by method"
    )
    assert [row["customer_count"] for row in strangers] == [594, 594]
    assert strangers[0]["ndcg_lower"] > strangers[1]["ndcg_upper"]
    assert build.rows(
        "select distinct count(*) from pm__customer_recommendations"
        " where list = 'discover' group by customer_id"
    ) == [(10,)]


def counts_of(row: dict) -> tuple[int, int, int]:
    return row["customer_count"], row["left_out_count"], row["new_customer_count"]
