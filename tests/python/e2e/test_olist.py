"""Olist, order lines joined from three files, counted again in plain pandas."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from .builds import Warehouse, data_set_folder


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    folder = data_set_folder("olist")
    return {
        path.stem.removeprefix("olist_"): pd.read_parquet(path)
        for path in sorted(folder.glob("*.parquet"))
    }


@pytest.fixture(scope="module")
def build(build_data_set) -> Warehouse:
    return build_data_set("olist")


def test_sold_units_have_the_same_totals(raw, build):
    orders = raw["orders"].merge(raw["customers"], on="customer_id")
    sold = raw["order_items"].merge(orders, on="order_id")
    sold = sold[~sold["order_status"].isin(["canceled", "unavailable"])]
    assert build.rows(
        "select count(*), count(distinct order_id), count(distinct customer_id),"
        " sum(net_amount) from pm__order_lines"
    ) == [
        (
            len(sold),
            sold["order_id"].nunique(),
            sold["customer_unique_id"].nunique(),
            sum(Decimal(str(price)) for price in sold["price"]),
        )
    ]
    assert build.value("select count(distinct order_line_id) from pm__order_lines") == (
        len(sold)
    )


def test_freight_is_passed_through_and_no_revenue(raw, build):
    found = build.value(
        "select sum(cast(passthrough::json ->> 'freight_value' as decimal(18,2)))"
        " from pm__order_lines"
    )
    items = raw["order_items"].merge(raw["orders"], on="order_id")
    sold = items[~items["order_status"].isin(["canceled", "unavailable"])]
    assert found == sum(Decimal(str(freight)) for freight in sold["freight_value"])


def test_a_person_is_one_customer(raw, build):
    people = raw["customers"]["customer_unique_id"].nunique()
    assert people == 19_831
    assert build.rows(
        "select count(*), count(distinct customer_id) from stg_pm__customers"
    ) == [(people, people)]


def test_categories_are_english_where_there_is_a_word(raw, build):
    words = raw["product_category_name_translation"].set_index("product_category_name")[
        "product_category_name_english"
    ]
    products = raw["products"].set_index("product_id")["product_category_name"]
    expected = products.map(words).fillna(products)
    found = build.frame("select item_id, category from stg_pm__items").set_index(
        "item_id"
    )["category"]
    found = found.reindex(expected.index)
    assert found.isna().sum() == expected.isna().sum() == 171
    assert found.dropna().to_dict() == expected.dropna().to_dict()


def test_each_review_is_read_once(raw, build):
    reviews = raw["order_reviews"]
    text = reviews["review_comment_message"].fillna(reviews["review_comment_title"])
    has_item = reviews["order_id"].isin(raw["order_items"]["order_id"])
    has_text = text.fillna("").str.strip() != ""
    assert build.rows(
        "select count(*), count(distinct review_id) from stg_pm__reviews_checked"
    ) == [(len(reviews), len(reviews))]
    assert build.value("select count(*) from stg_pm__reviews") == (
        (has_item & has_text).sum()
    )
    assert dict(
        build.rows(
            "select reason, count(*) from pm__rejected_rows where input = 'reviews'"
            " group by reason"
        )
    ) == {
        "missing_item_id": (~has_item).sum(),
        "missing_body": (has_item & ~has_text).sum(),
    }
