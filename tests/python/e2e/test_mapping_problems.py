"""A wrong mapping stops before any work, with one message that lists every problem."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from .builds import LINES, MODELS_ONLY, Build, Project, write_csv

LINE = {
    "Order": "1",
    "Customer": "7",
    "Day": "2024-03-01",
    "Article": "A",
    "Pieces": "2",
    "Price": "1.50",
}
COLUMNS = {
    "order_id": "Order",
    "customer_id": "Customer",
    "ordered_at": "Day",
    "item_id": "Article",
    "quantity": "Pieces",
    "unit_price": "Price",
}


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "sales.csv", [LINE])


@pytest.fixture
def complain(project: Project, tmp_path: Path):
    """Run with wrong settings; return the numbered problems of the one message."""

    def run(**settings) -> list[str]:
        build = project.build(
            tmp_path,
            settings=settings,
            select=LINES,
            without=MODELS_ONLY,
        )
        return problems_of(build)

    return run


def problems_of(build: Build) -> list[str]:
    assert not build.outcome.success
    assert build.statuses == {}, "models ran before the settings were found wrong"
    message = str(build.outcome.exception)
    head = re.search(r"precision_marketing cannot start: (\d+) problem\(s\)", message)
    assert head, message
    problems = re.findall(r"^ +(\d+)\. (.*)$", message, flags=re.MULTILINE)
    assert [int(number) for number, _ in problems] == list(
        range(1, int(head.group(1)) + 1)
    )
    return [text for _, text in problems]


def test_every_problem_of_every_kind_is_in_one_message(complain, sales):
    problems = complain(
        pm_rfm_window_day=30,
        pm_language="fr",
        pm_as_of="yesterday",
        pm_random_seed=1.5,
        pm_enable_rfm="maybe",
        pm_recommendation_excluded_items="85123A",
        pm_basket_max_items=1,
        pm_basket_excluded_items="BAG",
        pm_future_max_share=0.9,
        pm_cleaning_rules={"zero_prize": "reject", "zero_price": "drop"},
        pm_missing_values={
            "order_lines.unit_prize": "mean",
            "order_lines.quantity": "model",
            "customers.gender": {"const": "unknown"},
        },
        pm_inputs={
            "order_lins": {"path": str(sales)},
            "order_lines": {
                "path": str(sales),
                "columns": COLUMNS | {"quantity": "Piecs + 1", "unit_price": "Price +"},
                "passthrough": ["Shopp"],
            },
            "customers": {"path": str(sales), "columns": {"custmer_id": "Customer"}},
            "items": {"path": str(sales.parent / "nowhere.csv")},
            "events": {"relation": "raw.clicks"},
            "reviews": {"relation": "raw.reviews", "path": str(sales)},
            "touchpoints": {"path": str(sales), "colums": {}},
            "conversions": {"columns": {"customer_id": "Customer"}},
            "contacts": {"path": str(sales), "format": "xlsx"},
            "consents": "raw.consents",
            "erasures": {"query": "select Customer as customer_id from nowhere"},
        },
    )
    expected = [
        "pm_as_of: expected a date as YYYY-MM-DD, got 'yesterday'.",
        "pm_language: expected one of en, zh, got 'fr'.",
        "pm_random_seed: expected an integer, got '1.5'.",
        "pm_future_max_share: expected 0 to 0.5, got 0.9.",
        "pm_enable_rfm: expected true or false, got 'maybe'.",
        "pm_basket_max_items: expected 2 to any size, got 1.",
        "pm_basket_excluded_items: expected a list, got 'BAG'.",
        "pm_recommendation_excluded_items: expected a list, got '85123A'.",
        (
            "pm_cleaning_rules: unknown rule zero_prize; the nearest known one is"
            " zero_price."
        ),
        "pm_cleaning_rules.zero_price: expected reject or flag, got 'drop'.",
        (
            "pm_missing_values: order_lines.unit_prize cannot be filled; the nearest"
            " that can is order_lines.unit_price."
        ),
        (
            "pm_missing_values.order_lines.quantity: expected drop, mean, median,"
            " most_frequent or {constant: value}, got 'model'."
        ),
        "pm_missing_values.customers.gender: expected {constant: value}, got",
        "pm_rfm_window_day: unknown var; the nearest known one is pm_rfm_window_days.",
        "pm_inputs.order_lins: unknown input; the nearest known one is order_lines.",
        (
            "pm_inputs.order_lines.columns.quantity: the input has no column Piecs; the"
            " nearest found one is Pieces."
        ),
        (
            "pm_inputs.order_lines.columns.unit_price: 'Price +' is no column and no"
            " SQL expression: syntax error"
        ),
        "pm_inputs.order_lines.passthrough: the input has no column Shopp;",
        (
            "pm_inputs.customers.columns: unknown column custmer_id; the nearest known"
            " one is customer_id."
        ),
        "pm_inputs.items.path: no file matches '",
        "pm_inputs.events.relation: raw.clicks does not exist in this warehouse.",
        (
            "pm_inputs.reviews: give one of relation, path and query, not relation and"
            " path."
        ),
        (
            "pm_inputs.touchpoints: unknown setting colums; the nearest known one is"
            " columns."
        ),
        "pm_inputs.conversions: none of relation, path and query is given;",
        "pm_inputs.contacts.format: expected csv or parquet, got xlsx.",
        (
            "pm_inputs.consents: expected `relation:`, `path:` or `query:` below it,"
            " got raw.consents."
        ),
        "pm_inputs.erasures.query: Table with name nowhere does not exist!",
    ]
    assert len(problems) == len(expected), "\n".join(problems)
    for problem, start in zip(problems, expected, strict=True):
        assert problem.startswith(start)


def test_an_input_that_is_required_is_asked_for(complain, sales):
    customers = {"path": str(sales), "columns": {"customer_id": "Customer"}}
    assert complain(pm_inputs={"customers": customers}) == [
        "pm_inputs: order_lines is required and not mapped."
    ]
    assert complain(pm_inputs={"order_lines": None}) == [
        "pm_inputs.order_lines: order_lines is required and not mapped."
    ]


def test_missing_required_columns_are_named_with_the_nearest_found(complain, sales):
    problems = complain(
        pm_inputs={
            "order_lines": {
                "path": str(sales),
                "columns": {"order_id": "Order", "customer_id": "Customer"},
            }
        }
    )
    assert [problem.split(";")[0] for problem in problems] == [
        f"pm_inputs.order_lines: required column {column} is neither mapped nor found"
        for column in ("ordered_at", "item_id", "quantity", "unit_price")
    ]
    assert "nearest found one is Order. Found: Order, Customer, Day" in problems[0]


def test_a_type_that_cannot_become_the_wanted_one_is_refused(complain, sales):
    problems = complain(
        pm_inputs={
            "order_lines": {
                "path": str(sales),
                "columns": COLUMNS
                | {
                    "ordered_at": "cast(Pieces as integer)",
                    "quantity": "cast(Day as date)",
                    "is_return": "cast(Day as date)",
                },
            }
        }
    )
    where = "pm_inputs.order_lines.columns"
    assert [problem.split(" from ")[0] for problem in problems] == [
        f"{where}.ordered_at: expected timestamp or text, got INTEGER",
        f"{where}.quantity: expected decimal(18,3) or text, got DATE",
        f"{where}.is_return: expected boolean or text, got DATE",
    ]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("no_such_function(Pieces)", "no_such_function does not exist"),
        ("Price * Pieces", "No function matches"),
        ("sum(cast(Price as double))", "must appear in the GROUP BY clause"),
        ("case when Price", "syntax error"),
        ("Price -- gross", "syntax error"),
    ],
)
def test_an_expression_that_the_engine_refuses_is_a_problem(
    complain, sales, expression, reason
):
    (problem,) = complain(
        pm_inputs={
            "order_lines": {
                "path": str(sales),
                "columns": COLUMNS | {"unit_price": expression},
            }
        }
    )
    assert problem.startswith("pm_inputs.order_lines.columns.unit_price: '")
    assert reason in problem


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("selct 1", "syntax error"),
        ("select * from '/nowhere/*.parquet'", "No files found that match the pattern"),
        ("select Ordr from '${SALES}'", 'Referenced column "Ordr" not found'),
        ("select * from '${SALES}'; select 1", "syntax error"),
        ("drop table sales", "syntax error"),
    ],
)
def test_a_query_that_the_engine_refuses_is_a_problem(
    complain, sales, monkeypatch, query, reason
):
    monkeypatch.setenv("SALES", str(sales))
    (problem,) = complain(pm_inputs={"order_lines": {"query": query}})
    assert problem.startswith("pm_inputs.order_lines.query: ")
    assert reason in problem


def test_files_that_cannot_be_read_are_a_problem(complain, sales, tmp_path):
    no_parquet = tmp_path / "sales.parquet"
    no_parquet.write_text("order_id,customer_id")
    problems = complain(
        pm_inputs={
            "order_lines": {"path": str(sales), "options": {"delimm": ";"}},
            "customers": {"path": str(no_parquet)},
        }
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "pm_inputs.order_lines.path",
        "pm_inputs.customers.path",
    ]
    assert 'Invalid named parameter "delimm"' in problems[0]
    assert "cannot be read as parquet" in problems[1]


def test_settings_of_the_wrong_shape_are_named(complain, sales):
    problems = complain(
        pm_inputs={
            "order_lines": {"relation": 7},
            "customers": {"query": ["select 1"]},
            "items": {"path": {"a": "b"}},
            "events": {"path": str(sales), "columns": "customer_id"},
            "reviews": {"path": str(sales), "passthrough": "zip"},
            "contacts": {"path": str(sales), "options": "delim"},
        }
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "pm_inputs.order_lines.relation",
        "pm_inputs.customers.query",
        "pm_inputs.items.path",
        "pm_inputs.events.columns",
        "pm_inputs.reviews.passthrough",
        "pm_inputs.contacts.options",
    ]


def test_a_folder_variable_that_is_not_set_is_said_to_be(complain, monkeypatch):
    monkeypatch.delenv("PM_DATA", raising=False)
    (problem,) = complain(
        pm_inputs={"order_lines": {"path": "${PM_DATA}/online_retail/lines.parquet"}}
    )
    assert "no file matches '/online_retail/lines.parquet'" in problem
    assert "(PM_DATA is not set)" in problem


def test_nothing_in_the_warehouse_changes(complain, sales, tmp_path):
    warehouse = tmp_path / "shop.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table mine as select 1 as n")
    complain(
        pm_inputs={
            "order_lines": {"query": "create or replace table mine as select 2"}
        },
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select * from mine").fetchall() == [(1,)]
        assert connection.execute("show tables").fetchall() == [("mine",)]


def test_vars_that_depend_on_each_other_are_checked_together(complain):
    problems = complain(
        pm_rfm_threshold_mode="frozen",
        pm_segment_min_k=9,
        pm_segment_max_k=4,
        pm_inputs={},
    )
    assert problems[:2] == [
        (
            "pm_rfm_frozen_as_of: expected a date, because pm_rfm_threshold_mode is"
            " frozen; got nothing."
        ),
        "pm_segment_min_k: expected at most pm_segment_max_k (4), got 9.",
    ]
    problems = complain(
        pm_rfm_threshold_mode="absolute",
        pm_rfm_absolute_thresholds={"recency_days": [3, 2, 1, 0], "frequency": [1, 2]},
        pm_inputs={},
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "pm_rfm_absolute_thresholds.recency_days",
        "pm_rfm_absolute_thresholds.frequency",
        "pm_rfm_absolute_thresholds.monetary",
        "pm_inputs",
    ]


def test_members_of_lists_are_checked_one_by_one(complain):
    problems = complain(
        pm_segment_features=["log_order_rates", "log_order_value", "log_order_value"],
        pm_segment_algorithms="kmeans",
        pm_inputs={},
    )
    assert problems[0].startswith(
        "pm_segment_features: unknown member log_order_rates; the nearest known one is"
        " log_order_rate. Known: log_order_rate, log_order_value, "
    )
    assert problems[1:3] == [
        (
            "pm_segment_features: expected each member once, got log_order_rates,"
            " log_order_value, log_order_value."
        ),
        "pm_segment_algorithms: expected a list, got 'kmeans'.",
    ]


def test_values_that_look_right_and_are_not_are_refused(complain, sales):
    problems = complain(
        pm_inputs={"order_lines": {"path": str(sales), "columns": COLUMNS}},
        pm_as_of="2024-02-30",
        pm_timezone="Europe/Nowhere",
        pm_missing_values={
            "order_lines.quantity": {"constant": "two"},
            "order_lines.unit_price": {"constant": 1.5},
        },
    )
    assert problems == [
        "pm_as_of: expected a date as YYYY-MM-DD, got '2024-02-30'.",
        "pm_missing_values.order_lines.quantity: expected a constant of type"
        " decimal(18,3), got 'two'.",
        "pm_timezone: expected a time zone name such as Europe/London, got"
        " 'Europe/Nowhere'.",
    ]


@pytest.mark.parametrize("band", [[5, 0.2], [0.2], [0, 5], ["low", "high"]])
def test_a_price_band_is_two_rising_numbers(complain, band):
    problems = complain(pm_recommendation_price_band=band, pm_inputs={})
    assert problems[0] == (
        "pm_recommendation_price_band: expected two rising numbers above 0 such as"
        f" [0.2, 5], or [], got {band}."
    )


@pytest.mark.parametrize("months", [[], [0], [3, 3], [61], ["three"], [1.5]])
def test_horizons_are_different_numbers_of_months(complain, months):
    problems = complain(pm_clv_horizons_months=months, pm_inputs={})
    assert problems[0] == (
        "pm_clv_horizons_months: expected different numbers of months from 1 to 60 such"
        f" as [3, 12], got {months}."
    )
