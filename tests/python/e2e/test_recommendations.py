"""Recommendations: what each fold knew, what was planted, whether the blend is best."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from .builds import MODELS_ONLY, ROOT, Build, Project, Warehouse

PRIVATE_TABLES = (
    "ml_pm__item_neighbours",
    "ml_pm__recommender_weights",
    "ml_pm__recommender_lists",
    "ml_pm__customer_candidates",
    "ml_pm__candidate_terms",
)


def count(build: Warehouse, table: str) -> int:
    return build.value(f"select count(*) from {table}")


@pytest.fixture(scope="module")
def evaluated_day(project: Project, demo: Warehouse, tmp_path_factory) -> Build:
    """The demo shop as it stood on the day that recommendations are judged from."""
    day = demo.value(
        "select as_of_date from int_pm__recommendation_calendar where fold = 'evaluate'"
    )
    return project.build(
        tmp_path_factory.mktemp("evaluated_day"),
        settings={"pm_as_of": str(day)},
        select="+int_pm__recommendation_items +int_pm__recommendation_customers",
        without=MODELS_ONLY,
    ).assert_green()


@pytest.mark.parametrize(
    ("table", "left_out"),
    [
        ("int_pm__recommendation_purchases", "fold"),
        ("int_pm__recommendation_customers", "fold"),
        # The items input says what is on sale today, of no past day.
        ("int_pm__recommendation_items", "fold, is_recommendable"),
    ],
)
def test_a_past_fold_knows_what_a_build_on_that_day_knows(
    demo, evaluated_day, table, left_out
):
    query = (
        f"select * exclude ({left_out}) from {table} where fold = '{{}}' order by all"
    )
    then = evaluated_day.rows(query.format("final"))
    assert len(then) > 100
    assert demo.rows(query.format("evaluate")) == then


@pytest.mark.parametrize("method", ["cosine", "jaccard", "tfidf", "bm25", "rules"])
def test_planted_pairs_are_each_others_nearest(demo, method):
    planted = pd.read_csv(ROOT / "seeds" / "demo" / "truth" / "item_pairs.csv")
    nearest = set(
        demo.rows(
            "select item_id, similar_item_id from ml_pm__item_neighbours"
            f" where method = '{method}' and rank = 1"
        )
    )
    pairs = list(zip(planted["item_a"], planted["item_b"], strict=True))
    assert len(pairs) == 12
    assert [pair for pair in pairs if pair not in nearest] == []


def test_everyone_with_a_purchase_has_a_list_and_nothing_hidden_is_in_it(demo):
    assert demo.rows(
        """
        select count(distinct customer_id)
        from int_pm__recommendation_purchases
        where fold = 'final'
        """
    ) == demo.rows(
        "select count(distinct customer_id) from ml_pm__customer_candidates"
        " where list = 'discover'"
    )
    assert (
        demo.value(
            """
            select count(*)
            from ml_pm__customer_candidates as candidates
            inner join int_pm__recommendation_items as items
                on candidates.item_id = items.item_id and items.fold = 'final'
            left join int_pm__recommendation_purchases as purchases
                on
                    purchases.fold = 'final'
                    and candidates.customer_id = purchases.customer_id
                    and candidates.item_id = purchases.item_id
            where
                not items.is_recommendable
                or (candidates.list = 'discover') = (purchases.item_id is not null)
            """
        )
        == 0
    )


def test_a_capability_that_is_off_leaves_its_tables_empty(project, tmp_path):
    build = project.build(
        tmp_path,
        settings={"pm_enable_recommendations": False},
        select=" ".join(f"+{table}" for table in PRIVATE_TABLES),
        without=MODELS_ONLY,
    ).assert_green()
    assert {table: count(build, table) for table in PRIVATE_TABLES} == dict.fromkeys(
        PRIVATE_TABLES, 0
    )


def test_a_shop_without_known_customers_has_neighbours_and_no_lists(build_data_set):
    build = build_data_set("groceries")
    rules = build.rows(
        "select count(*) from ml_pm__item_neighbours where method = 'rules'"
    )
    assert rules[0][0] > 1_000
    others = PRIVATE_TABLES[1:]
    assert {table: count(build, table) for table in others} == dict.fromkeys(others, 0)


@pytest.fixture(scope="module")
def online_retail_quality(build_data_set) -> pd.DataFrame:
    """NDCG@10 by list and method, ours and the best settings found of implicit's."""
    warehouse = build_data_set("online_retail").warehouse
    models = ["cosine, K=20", "BM25, K=50", "BM25, K=200", "ALS 64 factors, alpha=1"]
    answer = subprocess.run(
        [
            *(sys.executable, ROOT / "bench" / "recommendations.py"),
            *("--warehouse", warehouse, "--models", *models),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in answer.stdout.splitlines()
        if line.startswith(("| discover |", "| buy_again |"))
    ]
    table = pd.DataFrame(rows, columns=["list", "method", "ndcg"])
    return table.assign(ndcg=table["ndcg"].astype(float))


@pytest.mark.parametrize(
    ("purpose", "margin"),
    # Measured: 0.147 against 0.100 (ALS), and 0.503 against 0.477 (personal_frequency).
    [("discover", 1.35), ("buy_again", 1.03)],
)
def test_the_blend_beats_each_single_method_and_those_of_implicit(
    online_retail_quality, purpose, margin
):
    table = online_retail_quality
    scores = table[table["list"] == purpose].set_index("method")["ndcg"]
    others = scores.drop("ours: blend")
    assert sum(name.startswith("implicit") for name in others.index) == 4
    assert sum(name.startswith("ours") for name in others.index) >= 8
    assert scores["ours: blend"] > margin * others.max()
