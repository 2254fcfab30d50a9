"""Forecasts of segment sizes on real shops, beside the guess that nothing changes."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from .builds import data_set_folder

SHOPS = ("online_retail", "cdnow")


@pytest.fixture(scope="module", params=SHOPS)
def build(request, build_data_set):
    data_set_folder(request.param)
    return build_data_set(request.param)


def test_the_forecast_beats_no_change_in_each_month_ahead(build):
    errors = build.rows(
        "select scheme, months_ahead, sum(forecast_error), sum(no_change_error)"
        " from pm__segment_forecast_evaluation group by scheme, months_ahead"
    )
    assert len(errors) == 6
    for scheme, months, ours, theirs in errors:
        assert ours < theirs, (scheme, months)


def test_transition_counts_are_those_of_a_plain_count(build):
    looks = build.frame(
        "select scheme, snapshot_date, customer_id, segment"
        " from ml_pm__segment_snapshots inner join int_pm__snapshot_calendar"
        " using (snapshot_date) where is_month_start"
    )
    dates = sorted(looks["snapshot_date"].unique())
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
