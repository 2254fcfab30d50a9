"""Too little data: every table is there, and nothing fails or pretends to know."""

from __future__ import annotations

import pytest

from .builds import Build, Project, Warehouse, write_csv

HEADER = {
    "order_id": "",
    "customer_id": "",
    "ordered_at": "",
    "item_id": "",
    "quantity": "",
    "unit_price": "",
}
ORDER = {
    "order_id": "O1",
    "customer_id": "C1",
    "ordered_at": "2024-03-01 10:00:00",
    "item_id": "A",
    "quantity": "2",
    "unit_price": "1.50",
}
SECOND_LINE = ORDER | {"item_id": "BREAD", "quantity": "1", "unit_price": "7.00"}


@pytest.fixture(scope="module")
def build_shop(project: Project, tmp_path_factory):
    """A function that builds everything, with all tests, on a few order lines."""

    def build(rows: list[dict[str, str]]) -> Build:
        folder = tmp_path_factory.mktemp("small")
        path = write_csv(folder / "order_lines.csv", rows or [HEADER])
        if not rows:
            path.write_text(",".join(HEADER) + "\n")
        return project.build(
            folder, settings={"pm_inputs": {"order_lines": {"path": str(path)}}}
        ).assert_green()

    return build


@pytest.fixture(scope="module")
def empty(build_shop) -> Build:
    return build_shop([])


@pytest.fixture(scope="module")
def single(build_shop) -> Build:
    return build_shop([ORDER, SECOND_LINE])


def columns(build: Warehouse) -> list[tuple]:
    return build.rows(
        "select table_name, column_name, data_type from information_schema.columns"
        " where starts_with(table_name, 'pm__') order by all"
    )


# Tables that are about the project or its settings and have rows on any day.
NOT_ABOUT_CUSTOMERS = {
    "pm__build_info",
    "pm__cleaning_summary",
    "pm__data_readiness",
    "pm__model_registry",
    "pm__model_evaluation",
    "pm__rfm_segments",
}


def test_an_input_with_a_header_only_gives_every_table_empty(empty):
    rows = {
        name: empty.value(f"select count(*) from {name}")
        for name in empty.public_tables()
    }
    assert len(rows) > 10
    assert {n for n, count in rows.items() if count} <= NOT_ABOUT_CUSTOMERS
    assert empty.rows(
        "select row_count, amount from pm__cleaning_summary"
        " where rule in ('all_rows', 'accepted_rows') and input = 'order_lines'"
    ) == [(0, None), (0, None)]


def test_the_tables_have_the_same_columns_whatever_the_data(empty, single, demo):
    assert columns(empty) == columns(single) == columns(demo)


def test_a_shop_of_one_order_has_one_customer(single):
    (customer,) = single.records("from pm__customers")
    assert customer["customer_id"] == "C1"
    assert customer["order_count"] == 1
    assert float(customer["net_revenue"]) == 10.0
    (order,) = single.records("from pm__orders")
    assert (order["line_count"], float(order["item_count"])) == (2, 3.0)
    # One order is no habit.
    (score,) = single.records("from pm__rfm_scores")
    assert score["fm_score"] == 1


def test_no_score_is_given_where_nothing_can_be_learned(single):
    (status,) = single.rows("select distinct status from pm__customer_scores") or [
        ("",)
    ]
    assert status != ("ok",)
    assert single.value(
        "select count(*) from pm__data_readiness where status = 'block'"
    )


def test_one_customer_with_several_orders(build_shop):
    rows = [
        ORDER | {"order_id": f"O{n}", "ordered_at": f"2024-{n:02d}-01 10:00:00"}
        for n in range(1, 13)
    ]
    build = build_shop(rows)
    assert build.rows("select customer_id, order_count from pm__customers") == [
        ("C1", 12)
    ]


def test_an_item_id_may_begin_with_a_bracket(build_shop):
    lines = [ORDER | {"item_id": "[PROMO] mug"}, SECOND_LINE]
    build = build_shop(
        [line | {"order_id": order} for order in ("O1", "O2") for line in lines]
        + [ORDER | {"order_id": "O3"}]
    )
    assert build.rows(
        "select antecedent_key, antecedent_items, consequent_item, basket_count"
        " from pm__association_rules order by consequent_item"
    ) == [
        ('["[PROMO] mug"]', ["[PROMO] mug"], "BREAD", 2),
        ("BREAD", ["BREAD"], "[PROMO] mug", 2),
    ]
