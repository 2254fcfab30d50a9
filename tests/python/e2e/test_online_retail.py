"""UCI Online Retail, counted again in plain pandas from the file as it came."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from .builds import (
    LINES,
    MODELS_ONLY,
    Build,
    Project,
    Warehouse,
    data_set_folder,
    read_settings,
)

CENT = Decimal("0.01")


def line_amounts(quantity: pd.Series, unit_price: pd.Series) -> list[Decimal]:
    """Quantity times price in decimals, to the cent, half away from zero."""
    return [
        (
            Decimal(str(units))
            * Decimal(str(price)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        ).quantize(CENT, ROUND_HALF_UP)
        for units, price in zip(quantity, unit_price, strict=True)
    ]


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    folder = data_set_folder("online_retail")
    return pd.read_parquet(folder / "online_retail.parquet")


@pytest.fixture(scope="module")
def build(build_data_set) -> Warehouse:
    return build_data_set("online_retail")


@pytest.fixture(scope="module")
def usual_rules(project: Project, tmp_path_factory) -> Build:
    """The checked lines with every rule off that the usual ones do not have."""
    data_set_folder("online_retail")
    kept = ("exact_duplicate", "service_code")
    return project.build(
        tmp_path_factory.mktemp("usual"),
        settings=read_settings("online_retail")
        | {"pm_cleaning_rules": dict.fromkeys(kept, "flag")},
        select=LINES,
        without=MODELS_ONLY,
    ).assert_green()


@pytest.mark.parametrize(
    ("without_duplicates", "line_count"), [(False, 397_884), (True, 392_692)]
)
def test_the_usual_rules_keep_the_published_lines(
    raw, usual_rules, without_duplicates, line_count
):
    rows = raw.drop_duplicates() if without_duplicates else raw
    kept = rows[
        rows["CustomerID"].notna()
        & ~rows["InvoiceNo"].str.startswith("C")
        & (rows["Quantity"] > 0)
        & (rows["UnitPrice"] > 0)
    ]
    assert len(kept) == line_count
    (found,) = usual_rules.rows(
        f"""
        select
            count(*),
            count(distinct order_id),
            count(distinct customer_id),
            sum(gross_amount)
        from stg_pm__order_lines_checked
        where
            reject_reason is null and not is_return and not is_anonymous
            and (
                not {without_duplicates}
                or flagged_rule is distinct from 'exact_duplicate'
            )
        """
    )
    assert found == (
        len(kept),
        kept["InvoiceNo"].nunique(),
        kept["CustomerID"].nunique(),
        sum(line_amounts(kept["Quantity"], kept["UnitPrice"])),
    )


def test_the_published_totals(usual_rules):
    assert usual_rules.rows(
        "select count(distinct order_id), count(distinct customer_id),"
        " round(sum(quantity * unit_price), 2) from stg_pm__order_lines_checked"
        " where reject_reason is null and not is_return and not is_anonymous"
    ) == [(18_532, 4_338, Decimal("8911407.90"))]


@pytest.fixture(scope="module")
def judged(raw) -> pd.DataFrame:
    """The project's own rules written again, first come first served."""
    rows = raw.copy()
    code = rows["StockCode"].str.strip().str.upper()
    services = {
        "POST", "DOT", "C2", "M", "D", "S", "B", "CRUK", "BANK CHARGES", "AMAZONFEE"
    }  # fmt: skip
    rules = {
        "exact_duplicate": rows.duplicated(keep="first"),
        "service_code": code.isin(services) | code.str.startswith("GIFT_"),
        "write_off": (rows["Quantity"] < 0) & (rows["UnitPrice"] == 0),
        "negative_price": rows["UnitPrice"] < 0,
        "zero_quantity": rows["Quantity"] == 0,
        "zero_price": rows["UnitPrice"] == 0,
    }
    rows["reason"] = None
    for rule, caught in rules.items():
        rows.loc[caught & rows["reason"].isna(), "reason"] = rule
    rows["amount"] = line_amounts(rows["Quantity"], rows["UnitPrice"])
    return rows


def test_each_raw_row_has_the_same_reason(judged, build):
    found = build.frame(
        "select raw_row_id, reason from pm__rejected_rows"
        " where input = 'order_lines' order by raw_row_id"
    )
    expected = judged[judged["reason"].notna()]
    assert found["raw_row_id"].tolist() == (expected.index + 1).tolist()
    assert found["reason"].tolist() == expected["reason"].tolist()


def test_accepted_sales_have_the_same_totals(judged, build):
    kept = judged[judged["reason"].isna()]
    sales = kept[
        kept["CustomerID"].notna()
        & ~kept["InvoiceNo"].str.startswith("C")
        & (kept["Quantity"] > 0)
    ]
    expected = (
        len(sales),
        sales["InvoiceNo"].nunique(),
        sales["CustomerID"].nunique(),
        sum(sales["amount"]),
    )
    assert build.rows(
        "select count(*), count(distinct order_id), count(distinct customer_id),"
        " sum(gross_amount) from pm__order_lines"
        " where not is_return and not is_anonymous"
    ) == [expected]
    assert expected == (391_153, 18_402, 4_334, Decimal("8737227.64"))
    orders = build.rows(
        "select sum(line_count), count(*), count(distinct customer_id),"
        " sum(gross_revenue) from pm__orders where not is_return and not is_anonymous"
    )
    assert orders[0][1:] == expected[1:]


def test_returns_and_anonymous_lines_have_the_same_totals(judged, build):
    kept = judged[judged["reason"].isna()]
    returned = kept["InvoiceNo"].str.startswith("C") | (kept["Quantity"] < 0)
    anonymous = kept["CustomerID"].isna()
    for mask, condition in (
        (returned & ~anonymous, "is_return and not is_anonymous"),
        (returned & anonymous, "is_return and is_anonymous"),
        (~returned & anonymous, "not is_return and is_anonymous"),
    ):
        assert build.rows(
            "select count(*), coalesce(sum(gross_amount), 0) from pm__order_lines"
            f" where {condition}"
        ) == [(mask.sum(), sum(kept.loc[mask, "amount"]))], condition


def test_all_money_is_accounted_for(judged, build):
    summary = {
        row["rule"]: (row["row_count"], row["amount"])
        for row in build.records(
            "from pm__cleaning_summary where input = 'order_lines'"
        )
    }
    assert summary["all_rows"] == (541_909, sum(judged["amount"]))
    for reason, rows in judged.groupby("reason"):
        assert summary[reason] == (len(rows), sum(rows["amount"])), reason


def test_the_customer_360_adds_up_to_the_lines(build):
    assert build.value("select sum(net_revenue) from pm__customers") == build.value(
        "select sum(net_amount) from pm__order_lines where not is_anonymous"
    )
    assert build.value("select count(*) from pm__customers") == build.value(
        "select count(distinct customer_id) from pm__order_lines"
    )
