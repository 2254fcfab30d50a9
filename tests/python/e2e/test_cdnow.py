"""CDNOW, counted again in plain pandas from the file as it came."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from .builds import Warehouse, data_set_folder

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_parquet(data_set_folder("cdnow") / "cdnow_master.parquet")


@pytest.fixture(scope="module")
def build(build_data_set) -> Warehouse:
    return build_data_set("cdnow")


def test_every_line_comes_back_to_its_dollar_value(raw, build):
    found = build.frame(
        "select cast(order_line_id as bigint) as row_number, order_id, customer_id,"
        " cast(quantity as double) as quantity, net_amount from pm__order_lines"
        " order by row_number"
    )
    assert len(found) == len(raw) == 69_659
    expected = [Decimal(str(value)).quantize(CENT) for value in raw["dollar_value"]]
    assert [Decimal(str(v)).quantize(CENT) for v in found["net_amount"]] == expected
    assert found["quantity"].tolist() == raw["number_of_cds"].tolist()
    assert found["customer_id"].tolist() == raw["customer_id"].tolist()
    assert build.value("select sum(net_amount) from pm__order_lines") == Decimal(
        "2500315.63"
    )


def test_purchases_of_a_day_are_one_order(raw, build):
    days = raw.groupby(["customer_id", "date"])["dollar_value"].sum()
    assert len(days) == 69_659 - 2_068
    found = build.rows(
        "select count(*), count(distinct customer_id), sum(net_revenue),"
        " min(ordered_at)::date::varchar, max(ordered_at)::date::varchar"
        " from pm__orders"
    )
    assert found == [
        (len(days), 23_570, Decimal("2500315.63"), "1997-01-01", "1998-06-30")
    ]


def test_each_customer_has_their_days_and_money(raw, build):
    expected = raw.groupby("customer_id").agg(
        order_count=("date", "nunique"), net_revenue=("dollar_value", "sum")
    )
    found = build.frame(
        "select customer_id, order_count, cast(net_revenue as double) as net_revenue"
        " from pm__customers order by customer_id"
    ).set_index("customer_id")
    assert found.index.tolist() == expected.index.tolist()
    assert found["order_count"].tolist() == expected["order_count"].tolist()
    assert (
        found["net_revenue"].round(2).tolist()
        == expected["net_revenue"].round(2).tolist()
    )
