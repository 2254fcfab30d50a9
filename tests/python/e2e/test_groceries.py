"""Groceries, baskets without customers, dates or money, counted again in pandas."""

from __future__ import annotations

import pandas as pd
import pytest

from .builds import Build, data_set_folder


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    rows = pd.read_parquet(data_set_folder("groceries") / "groceries_long.parquet")
    # Two items are written with a blank behind them throughout.
    return rows.assign(item=rows["item"].str.strip())


@pytest.fixture(scope="module")
def build(build_data_set) -> Build:
    return build_data_set("groceries")


def test_each_basket_and_item_is_there(raw, build):
    assert build.value("select count(*) from pm__order_lines") == len(raw) == 43_367
    assert build.rows(
        "select count(*), min(line_count), max(line_count) from pm__orders"
    ) == [(9_835, 1, 32)]
    expected = raw.groupby("item").size().to_dict()
    found = dict(build.rows("select item_id, order_count from pm__items"))
    assert found == expected


def test_items_have_their_categories(build):
    hierarchy = pd.read_parquet(data_set_folder("groceries") / "item_hierarchy.parquet")
    found = dict(build.rows("select item_id, category from pm__items"))
    assert found == dict(
        zip(hierarchy["item"].str.strip(), hierarchy["level2"], strict=True)
    )


def test_pairs_are_those_of_a_plain_count(raw, build):
    table = pd.crosstab(raw["basket_id"], raw["item"]).astype("int64")
    together = table.T @ table
    found = build.frame(
        "select item_a, item_b, basket_count, support from pm__item_pairs"
    )
    baskets = len(table)
    expected = {
        (a, b): together.at[a, b]
        for a in together.index
        for b in together.columns
        if a < b and together.at[a, b] >= 0.005 * baskets
    }
    assert {
        (row.item_a, row.item_b): row.basket_count for row in found.itertuples()
    } == expected


def test_nobody_is_known(build):
    assert build.value("select count(*) from pm__customers") == 0
    assert build.value("select count(*) from pm__customer_segments") == 0
    assert build.value("select bool_and(is_anonymous) from pm__orders")
