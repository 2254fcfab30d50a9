"""CDNOW, counted again in plain pandas from the file as it came."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
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


# -- Features and labels of past days --------------------------------------------------
@pytest.fixture(scope="module", params=["origin_1", "origin_3"])
def past_day(request, build) -> pd.Timestamp:
    """The day of an origin, whose label window has closed."""
    day = build.value(
        "select origin_date from int_pm__model_folds where fold = ? and split = 'test'",
        [request.param],
    )
    return pd.Timestamp(day)


@pytest.fixture(scope="module")
def order_days(raw, build) -> pd.DataFrame:
    """Each customer's days, with money as far as it counts towards a feature."""
    bound = build.value(
        "select upper_bound from int_pm__outlier_bounds where measure = 'net_amount'"
    )
    lines = raw.assign(
        day=pd.to_datetime(raw["date"].astype(str)),
        revenue=raw["dollar_value"].clip(upper=bound).round(2),
    )
    return lines.groupby(["customer_id", "day"], as_index=False).agg(
        revenue=("revenue", "sum"), items=("number_of_cds", "sum")
    )


def test_features_are_what_was_known_before_the_day(order_days, build, past_day):
    known = order_days[order_days["day"] < past_day]
    days_ago = (past_day - known["day"]).dt.days
    expected = pd.DataFrame(
        {
            "recency_days": days_ago.groupby(known["customer_id"]).min(),
            "tenure_days": days_ago.groupby(known["customer_id"]).max(),
            "orders_lifetime": known.groupby("customer_id").size(),
            "revenue_lifetime": known.groupby("customer_id")["revenue"].sum(),
        }
    )
    for window in (7, 30, 90, 180, 365):
        recent = known[days_ago <= window].groupby("customer_id")
        expected[f"orders_{window}d"] = recent.size()
        expected[f"revenue_{window}d"] = recent["revenue"].sum()
        expected[f"items_{window}d"] = recent["items"].sum()
    expected = expected.fillna(0).sort_index()
    found = build.frame(
        f"select customer_id, {', '.join(expected)} from int_pm__customer_snapshots"
        f" where as_of_date = date '{past_day.date()}' order by customer_id"
    ).set_index("customer_id")
    assert len(found) > 10_000
    pd.testing.assert_frame_equal(
        found, expected, check_dtype=False, check_names=False, rtol=1e-9
    )


@pytest.fixture(scope="module")
def labels(build, past_day) -> pd.DataFrame:
    """The labels of the past day, a column for each target."""
    found = build.frame(
        "select customer_id, target, label from int_pm__customer_labels"
        f" where as_of_date = date '{past_day.date()}' order by customer_id, target"
    )
    return found.pivot(index="customer_id", columns="target", values="label")


def test_labels_are_what_was_bought_in_the_days_after(order_days, labels, past_day):
    known = order_days[order_days["day"] < past_day]
    customers = sorted(known["customer_id"].unique())
    end = past_day + pd.Timedelta(days=90)
    later = order_days[(order_days["day"] >= past_day) & (order_days["day"] < end)]
    spent = later.groupby("customer_id")["revenue"].sum().reindex(customers).fillna(0)
    bought = pd.Series(customers).isin(later["customer_id"])
    assert labels.index.tolist() == customers
    assert labels["purchase"].tolist() == bought.astype(float).tolist()
    # There is one category, and everything is of it.
    assert labels["category_1"].tolist() == labels["purchase"].tolist()
    assert labels["spend"].tolist() == pytest.approx(spent.tolist(), abs=0.005)
    assert 0 < labels["purchase"].mean() < 1


def test_churn_is_asked_of_those_whose_silence_was_not_yet_unusual(
    order_days, labels, past_day
):
    known = order_days[order_days["day"] < past_day].sort_values(["customer_id", "day"])
    gaps = known.groupby("customer_id")["day"].diff().dt.days
    log_gaps = np.log(gaps.dropna())
    shop = log_gaps.mean()
    # The usual gap before each gap: the customer's own so far, and three of the shop's.
    customers = known.loc[log_gaps.index, "customer_id"]
    sums = log_gaps.groupby(customers).cumsum() - log_gaps
    counts = log_gaps.groupby(customers).cumcount()
    ratios = np.exp(log_gaps - (sums + 3 * shop) / (counts + 3))
    factor = np.quantile(ratios, 0.95)
    own_sums = np.log(gaps).groupby(known["customer_id"]).sum()
    own_counts = gaps.groupby(known["customer_id"]).count()
    window = factor * np.exp((own_sums + 3 * shop) / (own_counts + 3))
    silence = (past_day - known.groupby("customer_id")["day"].max()).dt.days
    # Many have no gap of their own, and the shop's window is one of its gaps: a tie.
    is_active = silence <= window.round(3)
    asked = labels["churn"].dropna()
    assert asked.index.tolist() == is_active[is_active].index.tolist()
    assert 0 < len(asked) < len(labels)
    assert asked.tolist() == (1 - labels.loc[asked.index, "purchase"]).tolist()
