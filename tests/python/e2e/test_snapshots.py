"""Snapshots of past days: made once, anew when they must be, and blind to later."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import duckdb
import pytest
import yaml

from .builds import MODELS_ONLY, ROOT, Build, Project

SNAPSHOTS = ("int_pm__customer_snapshots", "int_pm__active_customers")
FIRST_AS_OF, LATER_AS_OF = "2025-09-01", "2025-10-01"
# An order that arrives late: with it, every day after it has another past.
LATE_ORDER_DAY = datetime.date(2025, 1, 15)
LATE_LINE = {
    "order_id": "LATE",
    "customer_id": "U000018",
    "ordered_at": f"{LATE_ORDER_DAY} 10:00:00",
    "item_id": "SKU-0128",
    "quantity": "3",
    "unit_price": "10.00",
    "is_return": "false",
}
TIMES = {
    "order_lines": "ordered_at",
    "events": "occurred_at",
    "contacts": "sent_at",
    "reviews": "reviewed_at",
    "customers": "signed_up_at",
}
ANSWER_TIMES = ("opened_at", "clicked_at", "converted_at")
# No feature has it.
MARK = -1.0


def inputs(*, with_late_order: bool, before: datetime.date | None = None) -> dict:
    """The demo's inputs, all or only what was known before a day."""
    mapping = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"][
        "pm_inputs"
    ]
    for name, time in TIMES.items():
        query = f"from read_csv('{ROOT}/seeds/demo/{name}.csv', all_varchar = true)"
        if name == "order_lines" and with_late_order:
            line = ", ".join(f"'{value}' as {key}" for key, value in LATE_LINE.items())
            query = f"{query} union all by name select {line}"
        query = f"select * from ({query})"
        if before:
            if name == "contacts":
                known = ", ".join(
                    f"case when {answer} < '{before}' then {answer} end as {answer}"
                    for answer in ANSWER_TIMES
                )
                query = query.replace("select *", f"select * replace ({known})", 1)
            # What has no time, or none that can be read, is there on any day.
            query += (
                f" where coalesce(try_cast({time} as timestamp)"
                f" < timestamp '{before}', true)"
            )
        mapping[name] = {"query": query}
    return mapping


@pytest.fixture(scope="module")
def build_snapshots(project: Project) -> Callable[..., Build]:
    def build(folder, as_of: str, *, before=None, is_late=False, **settings) -> Build:
        known = inputs(with_late_order=is_late, before=before)
        return project.build(
            folder,
            settings={"pm_inputs": known, "pm_as_of": as_of} | settings,
            select=" ".join(f"+{table}" for table in SNAPSHOTS),
            without=MODELS_ONLY,
        ).assert_green()

    return build


def days_of(build: Build, where: str = "true") -> set[datetime.date]:
    found = build.rows(
        "select distinct as_of_date from int_pm__customer_snapshots"
        f" where {where} order by as_of_date"
    )
    return {day for (day,) in found}


@pytest.fixture(scope="module")
def warehouse(build_snapshots, tmp_path_factory):
    """A warehouse with all its snapshots marked, a month later than they were made."""
    folder = tmp_path_factory.mktemp("incremental")
    first = build_snapshots(folder, FIRST_AS_OF)
    days = days_of(first)
    with duckdb.connect(str(first.warehouse)) as connection:
        connection.execute(f"update int_pm__customer_snapshots set orders_7d = {MARK}")
    return folder, days


@pytest.fixture(scope="module")
def a_month_later(build_snapshots, warehouse) -> tuple[Build, set[datetime.date]]:
    folder, days = warehouse
    return build_snapshots(folder, LATER_AS_OF, is_late=True), days


@pytest.fixture(scope="module")
def at_once(build_snapshots, tmp_path_factory) -> Build:
    """The same day and lines, in a new warehouse."""
    return build_snapshots(tmp_path_factory.mktemp("fresh"), LATER_AS_OF, is_late=True)


def differing_days(expected: Build, found: Build, table: str) -> list[datetime.date]:
    with expected.connection() as connection:
        connection.execute(f"attach '{found.warehouse}' as other (read_only)")
        mine, theirs = f"from shop.{table}", f"from other.{table}"
        rows = connection.execute(
            f"select distinct as_of_date from"
            f" (({mine} except all {theirs}) union all ({theirs} except all {mine}))"
            f" order by as_of_date"
        ).fetchall()
    return [day for (day,) in rows]


def test_a_day_is_made_anew_only_where_its_past_has_changed(a_month_later):
    build, days_before = a_month_later
    is_kept = days_of(build, f"orders_7d = {MARK}")
    assert is_kept == {
        day for day in days_before & days_of(build) if day <= LATE_ORDER_DAY
    }
    assert len(is_kept) >= 3
    # Made anew, for all that: most past days see the late order.
    assert len(days_before & days_of(build) - is_kept) >= 5


def test_days_that_are_no_longer_looked_from_are_gone(a_month_later, at_once):
    build, days_before = a_month_later
    assert days_of(build) == days_of(at_once)
    assert days_before - days_of(build)


def test_made_step_by_step_or_at_once_the_snapshots_are_the_same(
    a_month_later, at_once
):
    build, _ = a_month_later
    marked = days_of(build, f"orders_7d = {MARK}")
    assert set(differing_days(at_once, build, "int_pm__customer_snapshots")) == marked
    # But for the mark they are the same as well.
    unmarked = "select * exclude (orders_7d) from int_pm__customer_snapshots"
    assert build.rows(f"select sum(hash(r)::hugeint) from ({unmarked}) as r") == (
        at_once.rows(f"select sum(hash(r)::hugeint) from ({unmarked}) as r")
    )


@pytest.mark.parametrize("table", SNAPSHOTS)
def test_what_came_after_a_past_day_changes_nothing_of_it(
    until_past_day, at_once, table
):
    past_day, until = until_past_day
    differing = differing_days(at_once, until, table)
    assert [day for day in differing if day <= past_day] == []
    # The comparison can fail: today saw what was taken out.
    assert differing


@pytest.fixture(scope="module")
def until_past_day(build_snapshots, at_once, tmp_path_factory):
    """A past day, and the shop without anything that happened from it on."""
    past_day = sorted(days_of(at_once))[-2]
    until = build_snapshots(
        tmp_path_factory.mktemp("until"), LATER_AS_OF, is_late=True, before=past_day
    )
    return past_day, until


def test_a_feature_that_reads_the_future_is_caught(until_past_day, at_once):
    past_day, until = until_past_day
    planted = (
        "select calendar.as_of_date, activity.customer_id, sum(order_count) as orders"
        " from int_pm__feature_calendar as calendar"
        " inner join int_pm__activity_orders as activity"
        " on activity.activity_date < calendar.as_of_date + 30"
        f" where calendar.as_of_date <= date '{past_day}' group by all order by all"
    )
    assert until.rows(planted) != at_once.rows(planted)


def test_another_setting_makes_all_days_anew(build_snapshots, a_month_later, warehouse):
    folder, _ = warehouse
    before, _ = a_month_later
    assert days_of(before, f"orders_7d = {MARK}")
    build = build_snapshots(
        folder, LATER_AS_OF, is_late=True, pm_target_category_count=2
    )
    assert days_of(build, f"orders_7d = {MARK}") == set()
    columns = build.rows(
        "select column_name from information_schema.columns"
        " where table_name = 'int_pm__customer_snapshots'"
        " and starts_with(column_name, 'category_') order by column_name"
    )
    assert [name for (name,) in columns] == [
        "category_1_days",
        "category_1_recency_days",
        "category_2_days",
        "category_2_recency_days",
    ]
