"""Segments from build to build, by density, and of shops with too little data."""

from __future__ import annotations

import json

import pytest

from .builds import MODELS_ONLY, Build, Project, write_csv

SEGMENTS = (
    "+pm__segments +pm__segment_cross_table +pm__segment_model_selection"
    " +pm__model_registry +int_pm__segment_feature_snapshots pm_feature_labels"
)
MOVEMENT = (
    "+pm__segment_history +pm__segment_changes +pm__segment_transitions"
    " +pm__segment_outlook"
    " +pm__segment_forecasts +pm__segment_forecast_evaluation"
)
# A selection builds no table that only a test asks for.
BUILDABLE = ("--indirect-selection", "buildable")
EARLIER = {"pm_as_of": "2025-09-01"}

MADE_FROM = ["log_order_rate", "log_order_value"]
HISTORY = "select * from ml_pm__segment_history order by all"
NUMBERS = "select segment_id, segment_name from pm__segments order by segment_id"


@pytest.fixture(scope="module")
def shop(project: Project, tmp_path_factory):
    """A function that builds the demo's segments into one and the same file."""
    folder = tmp_path_factory.mktemp("segments")

    def build(flags: tuple[str, ...] = (), **settings) -> Build:
        return project.build(
            folder,
            settings=settings,
            select=SEGMENTS,
            flags=flags,
            without=MODELS_ONLY,
        ).assert_green()

    return build


@pytest.fixture(scope="module")
def builds(shop) -> dict[str, dict]:
    """What four builds in a row hold: an earlier day, today twice, all made anew."""
    found = {}
    for name, flags, settings in [
        ("earlier", (), EARLIER),
        ("today", (), {}),
        ("again", (), {}),
        ("full refresh", ("--full-refresh",), {}),
    ]:
        build = shop(flags, **settings)
        found[name] = {
            "history": build.rows(HISTORY),
            "numbers": build.rows(NUMBERS),
            "overlaps": build.rows(
                "select overlap_with_previous from pm__segments order by segment_id"
            ),
            "versions": build.rows(
                "select distinct model_version from pm__customer_segments"
            ),
            "customers": build.frame(
                "select customer_id, segment_id, order_count, net_revenue"
                " from pm__customer_segments"
                " inner join int_pm__segment_measures using (customer_id)"
                " order by customer_id"
            ).set_index("customer_id"),
            "features": build.frame(
                f"select customer_id, {', '.join(MADE_FROM)}"
                " from int_pm__segment_features order by customer_id"
            ),
            "features of the earlier day": build.frame(
                f"select customer_id, {', '.join(MADE_FROM)}"
                " from int_pm__segment_feature_snapshots"
                f" where snapshot_date = '{EARLIER['pm_as_of']}' order by customer_id"
            ),
        }
    return found


def test_more_data_makes_another_model_with_the_same_segments(builds):
    assert builds["earlier"]["versions"] != builds["today"]["versions"]
    assert builds["earlier"]["numbers"] == builds["today"]["numbers"]
    assert all(overlap > 0.7 for (overlap,) in builds["today"]["overlaps"])
    assert builds["earlier"]["overlaps"] == [(None,)] * 4


def test_who_did_not_change_stays_in_the_segment(builds):
    both = builds["earlier"]["customers"].join(
        builds["today"]["customers"], suffixes=("_before", ""), how="inner"
    )
    unchanged = both[
        (both["order_count"] == both["order_count_before"])
        & (both["net_revenue"] == both["net_revenue_before"])
    ]
    assert len(unchanged) > 800
    stayed = unchanged["segment_id"] == unchanged["segment_id_before"]
    # Who stood at the border of two segments may lie on its other side, since means and
    # centroids have moved a little.
    assert stayed.mean() > 0.97


def test_a_look_at_the_past_sees_what_that_day_saw(builds):
    seen_that_day = builds["earlier"]["features"]
    assert len(seen_that_day) > 800
    assert builds["earlier"]["features of the earlier day"].equals(seen_that_day)
    assert builds["today"]["features of the earlier day"].equals(seen_that_day)


def test_a_rebuild_changes_nothing(builds):
    for what in ("history", "numbers", "overlaps", "versions"):
        assert builds["again"][what] == builds["today"][what], what
    assert builds["again"]["customers"].equals(builds["today"]["customers"])


def test_a_full_refresh_keeps_the_numbers(builds):
    assert builds["full refresh"]["history"] == builds["today"]["history"]
    assert builds["full refresh"]["numbers"] == builds["today"]["numbers"]


@pytest.fixture(scope="module")
def density(project: Project, tmp_path_factory) -> Build:
    """HDBSCAN alone, in Chinese, with the tests of what is built."""
    settings = {
        "pm_segment_algorithms": ["hdbscan"],
        "pm_segment_scaling": "robust",
        "pm_language": "zh",
    }
    return project.build(
        tmp_path_factory.mktemp("density"),
        settings=settings,
        select=f"{SEGMENTS} +pm__segment_history",
        flags=BUILDABLE,
        has_own_fits=True,
    ).assert_green()


def test_the_history_of_a_density_model_ends_with_its_segments_of_today(density):
    # So far as cells of a grid go, which its own SQL assigns by.
    differences = density.value(
        "select count(*) from pm__customer_segments full join"
        " (from ml_pm__cluster_snapshots where snapshot_date = "
        "  (select as_of_date from int_pm__as_of)) as snapshots"
        " using (customer_id)"
        " where pm__customer_segments.segment_name"
        "  is distinct from snapshots.segment_name"
    )
    assert differences == 0
    assert density.value("select count(*) from pm__segment_history") > 0


def test_a_density_model_assigns_everyone_in_sql(density):
    assert density.rows(
        "select distinct algorithm from pm__segment_model_selection"
    ) == [("hdbscan",)]
    # segment_distances_equal_python ran with the build, on sampled customers: these.
    assert density.value("select count(*) from ml_pm__segment_assignments") == (
        density.value("select count(*) from pm__customer_segments")
    )
    assert density.value("select count(*) from ml_pm__segment_core_points") <= 1_000


def test_noise_is_a_segment_of_its_own_that_says_so(density):
    (noise,) = density.records(
        "select segment_name, outlier_count, customer_count, mean_confidence, rule"
        " from pm__segments where segment_id = 0"
    )
    assert noise["segment_name"] == "不属于任何分群"
    assert noise["outlier_count"] == noise["customer_count"] > 0
    assert noise["mean_confidence"] == 0
    share = density.value("select noise_share from pm__segment_model_selection")
    assert noise["customer_count"] == round(
        share * density.value("select count(*) from pm__customer_segments")
    )
    # A third of the customers without a segment passes no gate.
    assert density.rows("select distinct status from pm__segments") == [("fallback",)]


def test_chinese_segments_speak_chinese_only(density):
    for name, rule, action in density.rows(
        "select segment_name, rule, recommended_action from pm__segments"
    ):
        for text in (name, rule or "", action):
            assert not any("a" <= letter.lower() <= "z" for letter in text), text


FEATURES = [
    "log_recency_days",
    "log_order_gap_days",
    "top_category_share",
    "main_channel_share",
    "age_years",
    "log_income",
]


def order(customer: int, number: int) -> dict[str, str]:
    return {
        "order_id": f"O{customer}-{number}",
        "customer_id": f"C{customer}",
        "ordered_at": f"2024-{number:02d}-{1 + customer % 27:02d} 10:00:00",
        "item_id": "A",
        "quantity": str(1 + customer % 3),
        "unit_price": "2.50",
    }


SHOPS = {
    "one customer": [order(1, 1)],
    "ten customers": [order(c, n) for c in range(1, 11) for n in range(1, 2 + c % 4)],
    "all alike": [
        order(3, 1) | {"order_id": f"O{c}", "customer_id": f"C{c}"} for c in range(40)
    ],
}


@pytest.mark.parametrize(
    ("shop", "scaling"),
    [
        ("one customer", "standard"),
        ("ten customers", "robust"),
        ("all alike", "standard"),
        ("all alike", "robust"),
    ],
)
def test_too_little_data_gives_segments_with_a_status(project, tmp_path, shop, scaling):
    """No categories, channels, ages or incomes either: features that are constant."""
    path = write_csv(tmp_path / "order_lines.csv", SHOPS[shop])
    build = project.build(
        tmp_path,
        settings={
            "pm_inputs": {"order_lines": {"path": str(path)}},
            "pm_segment_features": FEATURES,
            "pm_segment_scaling": scaling,
        },
        select=f"{SEGMENTS} {MOVEMENT}",
        flags=BUILDABLE,
        has_own_fits=True,
    ).assert_green()
    customers = len({line["customer_id"] for line in SHOPS[shop]})
    assert build.value("select count(*) from pm__customer_segments") == customers
    assert build.value("select sum(customer_count) from pm__segments") == customers
    statuses = build.rows("select distinct status from pm__segments")
    expected = {"one_segment"} if shop != "ten customers" else {"ok", "fallback"}
    assert {status for (status,) in statuses} <= expected
    # current_segments_are_those_of_today ran with the build, on these.
    assert build.rows(
        "select scheme, count(*) from pm__segment_history where is_current"
        " group by scheme order by scheme"
    ) == [(scheme, customers) for scheme in ("cluster", "lifecycle", "rfm")]
    months = {"one customer": 0, "ten customers": 2, "all alike": 0}[shop]
    assert (
        build.value("select count(distinct from_date) from ml_pm__segment_steps")
        == months
    )
    assert (build.value("select count(*) from pm__segment_forecasts") > 0) == (
        months > 0
    )
    for table in build.public_tables():
        for name, kind in build.rows(
            "select column_name, data_type from information_schema.columns"
            f" where table_name = {json.dumps(table).replace(chr(34), chr(39))}"
        ):
            if kind == "DOUBLE":
                assert not build.value(
                    f"select count(*) from {table} where not isfinite({name})"
                ), (table, name)
