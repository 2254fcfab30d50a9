"""Forecasts of segment sizes on real shops, beside the guess that nothing changes."""

from __future__ import annotations

import itertools
import shutil

import duckdb
import pandas as pd
import pytest

from .builds import data_set_folder

SHOPS = ("online_retail", "cdnow")


@pytest.fixture(scope="module", params=SHOPS)
def build(request, build_data_set):
    data_set_folder(request.param)
    return build_data_set(request.param)


# A chain of segments learns from so many months alone.
CLUSTER_MONTHS = 3


def test_the_forecast_beats_no_change_in_each_month_ahead(build):
    errors = build.rows(
        "select scheme, months_ahead, sum(forecast_error), sum(no_change_error)"
        " from pm__segment_forecast_evaluation group by scheme, months_ahead"
        " order by scheme, months_ahead"
    )
    assert len(errors) == 9
    for scheme, months, ours, theirs in errors:
        if scheme != "cluster":
            assert ours < theirs, (scheme, months)
    # Segments hardly move within a month, so that there is little to gain in the first.
    clusters = [row[2:] for row in errors if row[0] == "cluster"]
    ours, theirs = (sum(column) for column in zip(*clusters, strict=True))
    assert ours < 0.7 * theirs


def test_transition_counts_are_those_of_a_plain_count(build):
    looks = build.frame(
        "select scheme, snapshot_date, customer_id, segment"
        " from ml_pm__segment_snapshots inner join int_pm__snapshot_calendar"
        " using (snapshot_date) where is_month_start"
    )
    dates = sorted(looks["snapshot_date"].unique())
    looks = looks[
        (looks["scheme"] != "cluster")
        | (looks["snapshot_date"] >= dates[-1 - CLUSTER_MONTHS])
    ]
    following = dict(itertools.pairwise(dates))
    pairs = looks.assign(next_date=looks["snapshot_date"].map(following)).merge(
        looks,
        left_on=["scheme", "customer_id", "next_date"],
        right_on=["scheme", "customer_id", "snapshot_date"],
        suffixes=("_from", "_to"),
    )
    expected = pairs.groupby(["scheme", "segment_from", "segment_to"]).size().to_dict()
    found = build.rows(
        "select scheme, from_segment, to_segment, customer_count"
        " from pm__segment_transitions where customer_count > 0"
    )
    assert {row[:3]: row[3] for row in found} == expected


def test_cohorts_are_those_of_a_plain_count(build):
    orders = build.frame(
        "select customer_id, ordered_at, is_return, fully_returned_at"
        " from int_pm__customer_orders where customer_id is not null"
    )
    sales = orders[~orders["is_return"]].copy()
    sales["month"] = sales["ordered_at"].dt.to_period("M")
    sales["cohort"] = sales.groupby("customer_id")["month"].transform("min")
    kept = sales[sales["fully_returned_at"].isna()]
    age = (kept["month"] - kept["cohort"]).map(lambda months: months.n)
    expected = (
        kept.assign(age=age)
        .groupby(["cohort", "age"])["customer_id"]
        .nunique()
        .to_dict()
    )
    found = build.rows(
        "select cohort_month, period, active_count from pm__cohorts"
        " where active_count > 0"
    )
    assert {
        (pd.Period(month, "M"), period): count for month, period, count in found
    } == expected


# What looks at the past are made from, in graph order.
LOOKS = {
    "int_pm__customer_order_days": "table",
    "int_pm__lifecycle_snapshots": "table",
    "int_pm__rfm_snapshots": "table",
    "int_pm__category_choice_changes": "table",
    "int_pm__behaviour_changes": "table",
    "int_pm__behaviour_states": "table",
    "int_pm__segment_feature_snapshots": "view",
    "ml_pm__cluster_snapshots": "table",
}
SNAPSHOTS = [name for name in LOOKS if name.endswith("snapshots")]


def test_a_look_knows_nothing_from_its_own_midnight_on(build, tmp_path):
    """All that came later deleted, cut points and the segment model kept."""
    months = build.rows(
        "select snapshot_date from int_pm__snapshot_calendar"
        " where is_month_start order by snapshot_date"
    )
    (day,) = months[len(months) // 2]
    queries = build.queries()
    copy = shutil.copy(build.warehouse, tmp_path / build.warehouse.name)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "create table lines_kept as from int_pm__order_lines where ordered_at < $1",
            [day],
        )
        connection.execute("drop view int_pm__order_lines")
        connection.execute("alter table lines_kept rename to int_pm__order_lines")
        connection.execute(
            "delete from int_pm__customer_orders where ordered_at >= $1", [day]
        )
        connection.execute(
            "update int_pm__customer_orders set fully_returned_at = null"
            " where fully_returned_at >= $1",
            [day],
        )
        for name, kind in LOOKS.items():
            connection.execute(f"create or replace {kind} {name} as {queries[name]}")
        connection.execute(f"attach '{build.warehouse}' as full_shop (read_only)")
        for name in SNAPSHOTS:
            counts = {}
            for when in ("<=", ">"):
                kept, full = (
                    f"(select * from {shop}.{name} where snapshot_date {when} '{day}')"
                    for shop in ("shop", "full_shop")
                )
                counts[when] = connection.execute(
                    f"select count(*) from ((from {kept} except all from {full})"
                    f" union all (from {full} except all from {kept}))"
                ).fetchone()[0]
            assert counts["<="] == 0, (name, counts)
            assert counts[">"] > 0, name
