"""Each cleaning rule at its boundary, on a shop small enough to check by hand."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal

import pytest

from .builds import FACTS, LINES, MODELS_ONLY, Build, write_csv

COLUMNS = (
    "order_id",
    "customer_id",
    "ordered_at",
    "item_id",
    "item_name",
    "quantity",
    "unit_price",
    "discount_amount",
    "is_return",
)


def line(**changes: str) -> dict[str, str]:
    """A good line, 2 x 1.50, with some cells changed."""
    usual = {
        "order_id": "O1",
        "customer_id": "C1",
        "ordered_at": "2024-03-01 10:00:00",
        "item_id": "A1",
        "item_name": "Apple",
        "quantity": "2",
        "unit_price": "1.50",
        "discount_amount": "",
        "is_return": "",
    }
    return usual | changes


# Reason of rejection, gross amount, net amount, the line. An accepted line has an order
# of its own, so that no two lines are equal unless they are meant to be.
CASES: list[tuple[str | None, str | None, str | None, dict[str, str]]] = [
    (None, "3.00", "3.00", line()),
    ("missing_order_id", "3.00", "3.00", line(order_id="")),
    ("missing_order_id", "3.00", "3.00", line(order_id="   ")),
    (None, "3.00", "3.00", line(order_id="O2", customer_id="")),
    (None, "3.00", "3.00", line(order_id="O3", customer_id="  ")),
    ("missing_item_id", "3.00", "3.00", line(order_id="X1", item_id="")),
    ("missing_item_id", "3.00", "3.00", line(order_id="X1", item_id=" ")),
    # A tab, a line end, a no-break blank, a Chinese full-width one.
    ("missing_item_id", "3.00", "3.00", line(order_id="X1", item_id="\t")),
    ("missing_item_id", "3.00", "3.00", line(order_id="X1", item_id="\n\u00a0")),
    (None, "3.00", "3.00", line(order_id="O25\t", item_id="\u3000A1", quantity=" 2")),
    ("missing_ordered_at", "3.00", "3.00", line(order_id="X2", ordered_at="")),
    ("invalid_ordered_at", "3.00", "3.00", line(order_id="X2", ordered_at="soon")),
    ("invalid_ordered_at", "3.00", "3.00", line(order_id="X", ordered_at="2024-02-30")),
    ("missing_quantity", None, None, line(order_id="X3", quantity="")),
    ("invalid_quantity", None, None, line(order_id="X3", quantity="two")),
    ("invalid_quantity", None, None, line(order_id="X3", quantity="1,5")),
    ("missing_unit_price", None, None, line(order_id="X4", unit_price=" ")),
    ("invalid_unit_price", None, None, line(order_id="X4", unit_price="1.50 EUR")),
    ("invalid_unit_price", None, None, line(order_id="X4", unit_price="nan")),
    # The first day that counts is in; so is the last moment of the last one.
    ("impossible_date", "3.00", "3.00", line(ordered_at="1989-12-31 23:59:59")),
    (None, "3.00", "3.00", line(order_id="O4", ordered_at="1990-01-01 00:00:00")),
    (None, "3.00", "3.00", line(order_id="O5", ordered_at="2024-12-31 23:59:59")),
    ("future_date", "3.00", "3.00", line(ordered_at="2025-01-01 00:00:00")),
    ("future_date", "3.00", "3.00", line(order_id="X6", ordered_at="infinity")),
    # Three equal rows: one stays. A blank more, and it is another row.
    (None, "3.00", "3.00", line(order_id="O6")),
    ("exact_duplicate", "3.00", "3.00", line(order_id="O6")),
    ("exact_duplicate", "3.00", "3.00", line(order_id="O6")),
    (None, "3.00", "3.00", line(order_id="O6", item_name="Apple ")),
    # A duplicate of a row that is rejected for something else has that reason.
    ("missing_order_id", "3.00", "3.00", line(order_id="", quantity="2.0")),
    ("missing_order_id", "3.00", "3.00", line(order_id="", quantity="2.0")),
    ("service_code", "3.00", "3.00", line(order_id="X7", item_id="POST")),
    ("service_code", "3.00", "3.00", line(order_id="X7", item_id=" post ")),
    ("service_code", "3.00", "3.00", line(order_id="X7", item_id="gift_0001_20")),
    (
        "service_code",
        "0.00",
        "0.00",
        line(order_id="X7", item_id="D", item_name="Discount", unit_price="0"),
    ),
    # The whole line may be given away; more than it is a typing error.
    (None, "3.00", "0.00", line(order_id="O27", discount_amount="3.00")),
    (
        "discount_above_amount",
        "3.00",
        "-0.01",
        line(order_id="X8", discount_amount="3.01"),
    ),
    # A letter is a service only where some line says so.
    (None, "3.00", "3.00", line(order_id="O26", item_id="S", item_name="Small mug")),
    (None, "3.00", "3.00", line(order_id="O7", item_id="POSTER")),
    (None, "3.00", "3.00", line(order_id="O8", item_id="GIFTS")),
    ("write_off", "0.00", "0.00", line(order_id="X8", quantity="-3", unit_price="0")),
    ("negative_price", "-0.02", "-0.02", line(order_id="X9", unit_price="-0.01")),
    ("negative_price", "3.00", "3.00", line(quantity="-2", unit_price="-1.5")),
    ("zero_quantity", "0.00", "0.00", line(order_id="X10", quantity="0")),
    ("zero_quantity", "0.00", "0.00", line(quantity="0", unit_price="0")),
    # Quantities have three decimals, prices four; what rounds to nil is nil.
    ("zero_quantity", "0.00", "0.00", line(order_id="X10", quantity="0.0004")),
    (None, "0.00", "0.00", line(order_id="O9", quantity="0.0005")),
    ("zero_price", "0.00", "0.00", line(order_id="X11", unit_price="0.00004")),
    (None, "0.00", "0.00", line(order_id="O10", unit_price="0.00005")),
    # Half a cent goes away from zero, on both sides: 3 x 0.335 = 1.005.
    (None, "1.01", "1.01", line(order_id="O11", quantity="3", unit_price="0.335")),
    (None, "-1.01", "-1.01", line(order_id="O12", quantity="-3", unit_price="0.335")),
    (None, "3.33", "3.33", line(order_id="O13", quantity="0.333", unit_price="9.99")),
    # A discount lowers the amount whatever its sign, and a return gives it back.
    (None, "3.00", "2.70", line(order_id="O14", discount_amount="0.30")),
    (None, "3.00", "2.70", line(order_id="O15", discount_amount="-0.30")),
    (None, "-3.00", "-2.70", line(order_id="O16", quantity="-2", discount_amount=".3")),
    (None, "3.00", "3.00", line(order_id="O17", discount_amount="some")),
    # A return with a plus is turned; a sale marked as none stays a sale.
    (None, "-3.00", "-3.00", line(order_id="O18", is_return="true")),
    (None, "-3.00", "-3.00", line(order_id="O19", is_return="true", quantity="-2")),
    (None, "-3.00", "-3.00", line(order_id="O20", is_return="false", quantity="-2")),
    (None, "3.00", "3.00", line(order_id="O21", is_return="maybe")),
    (None, "3.00", "3.00", line(order_id="O22", is_return="0")),
    (None, "3.00", "3.00", line(order_id="O23", item_id=" a1", item_name="apple, red")),
    (None, "3.00", "3.00", line(order_id="O24", item_id="A1")),
]  # fmt: skip
ROWS = [row for *_, row in CASES]
SETTINGS = {"pm_max_order_date": "2024-12-31"}


def checked_lines(build: Build) -> list[dict]:
    return build.records(
        "select * from stg_pm__order_lines_checked order by raw_row_id"
    )


@pytest.fixture(scope="module")
def shop(project, tmp_path_factory) -> Build:
    folder = tmp_path_factory.mktemp("rules")
    path = write_csv(folder / "order_lines.csv", ROWS)
    return project.build(
        folder,
        settings=SETTINGS | {"pm_inputs": {"order_lines": {"path": str(path)}}},
        select=FACTS,
        without=MODELS_ONLY,
    ).assert_green()


def test_each_line_gets_its_reason_and_its_money(shop):
    found = [
        (
            row["raw_row_id"],
            row["reject_reason"],
            row["gross_amount"],
            row["net_amount"],
        )
        for row in checked_lines(shop)
    ]
    expected = [
        (
            number,
            reason,
            Decimal(gross) if gross else None,
            Decimal(net) if net else None,
        )
        for number, (reason, gross, net, _) in enumerate(CASES, start=1)
    ]
    assert found == expected


def test_rejected_rows_keep_what_was_written(shop):
    found = shop.rows(
        "select raw_row_id, reason, raw_values from pm__rejected_rows"
        " where input = 'order_lines' order by raw_row_id"
    )
    expected = [
        (number, reason, {name: text or None for name, text in row.items()})
        for number, (reason, _, _, row) in enumerate(CASES, start=1)
        if reason
    ]
    assert [(n, reason, json.loads(text)) for n, reason, text in found] == expected


def test_the_summary_counts_every_rule_once(shop):
    summary = {
        row["rule"]: (row["row_count"], row["amount"])
        for row in shop.records(
            "select * from pm__cleaning_summary where input = 'order_lines'"
        )
    }
    accepted = [case for case in CASES if case[0] is None]
    for rule in {reason for reason, *_ in CASES if reason}:
        amounts = [Decimal(g or 0) for reason, g, _, _ in CASES if reason == rule]
        assert summary[rule] == (len(amounts), sum(amounts)), rule
    assert summary["all_rows"] == (
        len(CASES),
        sum(Decimal(gross or 0) for _, gross, _, _ in CASES),
    )
    assert summary["accepted_rows"] == (
        len(accepted),
        sum(Decimal(gross) for _, gross, _, _ in accepted),
    )
    assert summary["anonymous"][0] == 2
    assert summary["return"] == (5, Decimal("-13.01"))
    assert summary["item_code_variant"][0] == 2
    assert summary["item_name_variant"][0] == 1


def test_marks_of_accepted_lines(shop):
    lines = {row["order_id"]: row for row in shop.records("from pm__order_lines")}
    assert set(lines) == {f"O{n}" for n in range(1, 28)}
    assert [n for n, row in lines.items() if row["is_anonymous"]] == ["O2", "O3"]
    assert {n for n, row in lines.items() if row["is_return"]} == {
        "O12",
        "O16",
        "O18",
        "O19",
        "O20",
    }
    assert all((row["quantity"] < 0) == row["is_return"] for row in lines.values())
    assert lines["O23"]["item_id"] == "A1" and lines["O23"]["is_item_code_fixed"]
    assert lines["O23"]["item_name"] == "Apple" and lines["O23"]["is_item_name_fixed"]
    assert not lines["O6"]["is_item_name_fixed"]
    invalid = shop.rows(
        "select order_id, invalid_columns from stg_pm__order_lines_checked"
        " where invalid_columns is not null and reject_reason is null order by all"
    )
    assert invalid == [("O17", "discount_amount"), ("O21", "is_return")]


def test_shuffled_rows_give_the_same_public_tables(shop, build_lines):
    shuffled = ROWS.copy()
    random.Random(1).shuffle(shuffled)
    again = build_lines(shuffled, **SETTINGS)
    # Line ids are places in the file, as these lines bring none of their own. Which of
    # two equal rows is the copy is a matter of place too, so raw_row_id is left out.
    for table, leave_out in {
        "pm__order_lines": ("order_line_id",),
        "pm__orders": (),
        "pm__items": (),
        "pm__cleaning_summary": (),
        "pm__rejected_rows": ("raw_row_id",),
        "int_pm__customer_facts": (),
    }.items():
        assert again.content_hash(table, leave_out) == shop.content_hash(
            table, leave_out
        ), table


def test_flagged_rules_mark_lines_that_stay(build_lines):
    switchable = [
        "impossible_date",
        "future_date",
        "exact_duplicate",
        "service_code",
        "write_off",
        "negative_price",
        "zero_quantity",
        "zero_price",
        "discount_above_amount",
    ]
    build = build_lines(
        ROWS, pm_cleaning_rules=dict.fromkeys(switchable, "flag"), **SETTINGS
    )
    for row, (reason, *_) in zip(checked_lines(build), CASES, strict=True):
        if reason in switchable:
            assert (row["reject_reason"], row["flagged_rule"]) == (None, reason)
        else:
            assert row["reject_reason"] == reason
    summary = dict(
        build.rows(
            "select rule, row_count from pm__cleaning_summary where action = 'flag'"
        )
    )
    for rule in switchable:
        assert summary[rule] == sum(reason == rule for reason, *_ in CASES)
    # Only what had no verdict but its line in the shop before is still rejected.
    assert build.value("select count(*) from pm__order_lines") == sum(
        reason is None or reason in switchable for reason, *_ in CASES
    )


# Item A is sold as (1, 2.00), (1, 4.00), (4, 4.00) and (10, 8.00), NEW never with a
# number. Means 4 and 4.50, medians 2.5 and 4, most frequent 1 and 4.
PRICED = [("1", "2.00"), ("1", "4.00"), ("4", "4.00"), ("10", "8.00")]


@pytest.mark.parametrize(
    ("strategy", "quantity", "unit_price"),
    [
        ("drop", None, None),
        ("mean", "4.000", "4.5000"),
        ("median", "2.500", "4.0000"),
        ("most_frequent", "1.000", "4.0000"),
        ({"constant": 3}, "3.000", "3.0000"),
    ],
)
def test_missing_numbers_are_filled_as_asked(
    build_lines, strategy, quantity, unit_price
):
    rows = [
        line(order_id=f"O{n}", item_id="A", quantity=q, unit_price=p)
        for n, (q, p) in enumerate(PRICED)
    ]
    # Neither returns nor free lines are what a missing number is guessed from.
    rows.append(line(order_id="O4", item_id="A", quantity="-90", unit_price="70"))
    rows.append(line(order_id="O5", item_id="A", quantity="90", unit_price="0"))
    rows.append(line(order_id="P1", item_id="a ", quantity="", unit_price="5"))
    rows.append(line(order_id="P2", item_id="A", quantity="5", unit_price="?"))
    rows.append(line(order_id="P3", item_id="NEW", quantity="", unit_price="5"))
    build = build_lines(
        rows,
        select=LINES,
        pm_missing_values={
            "order_lines.quantity": strategy,
            "order_lines.unit_price": strategy,
        },
    )
    missing, invalid, unknown_item = [
        row for row in checked_lines(build) if row["order_id"].startswith("P")
    ]
    if strategy == "drop":
        assert missing["reject_reason"] == "missing_quantity"
        assert invalid["reject_reason"] == "invalid_unit_price"
        assert unknown_item["reject_reason"] == "missing_quantity"
        return
    assert missing["reject_reason"] is None and invalid["reject_reason"] is None
    assert missing["quantity"] == Decimal(quantity)
    assert missing["gross_amount"] == Decimal(quantity) * 5
    assert missing["is_quantity_imputed"] and not missing["is_unit_price_imputed"]
    assert invalid["unit_price"] == Decimal(unit_price)
    assert invalid["is_unit_price_imputed"] and not invalid["is_quantity_imputed"]
    if isinstance(strategy, dict):
        assert unknown_item["quantity"] == 3
    else:
        assert unknown_item["reject_reason"] == "missing_quantity"


def test_a_line_id_of_the_shop_is_kept_and_counts_once(build_lines):
    rows = [
        line(order_id="O1") | {"order_line_id": "L1"},
        line(order_id="O1", item_id="B1") | {"order_line_id": "L2"},
        line(order_id="O1", item_id="C1") | {"order_line_id": "L1"},
        # Without an id there is nothing to be a copy of.
        line(order_id="O1", item_id="D1") | {"order_line_id": ""},
        line(order_id="O1", item_id="E1") | {"order_line_id": " "},
    ]
    build = build_lines(rows)
    found = [
        (row["order_line_id"], row["reject_reason"]) for row in checked_lines(build)
    ]
    assert found == [
        ("L1", None),
        ("L2", None),
        ("L1", "duplicate_line_id"),
        ("row 4", None),
        ("row 5", None),
    ]
    assert build.value("select count(*) from pm__order_lines") == 4


def test_a_time_zone_decides_the_day_of_an_order(build_lines):
    rows = [
        line(order_id="O1", ordered_at="2024-01-15 23:30:00"),
        line(order_id="O2", ordered_at="2024-07-15 21:30:00"),
        line(order_id="O3", ordered_at="2024-07-15 22:30:00"),
    ]
    build = build_lines(rows, pm_timezone="Europe/Berlin")
    days = build.rows(
        "select order_id, strftime(ordered_at, '%m-%d %H:%M') from pm__orders"
        " order by all"
    )
    # One hour ahead of UTC in winter, two in summer.
    assert days == [("O1", "01-16 00:30"), ("O2", "07-15 23:30"), ("O3", "07-16 00:30")]
    assert build.value("select cast(as_of_date as varchar) from int_pm__as_of") == (
        "2024-07-17"
    )


def test_an_offset_in_a_time_is_applied_and_a_plain_time_is_left_alone(build_lines):
    # The four first are one moment; an offset of a date alone would be no offset.
    times = {
        "O1": "2024-01-02T07:30:00Z",
        "O2": "2024-01-01T23:30:00-08:00",
        "O3": "2024-01-02 13:00:00+05:30",
        "O4": "2024-01-02 08:30:00.000+01",
        "O5": "2024-01-02 07:30:00",
        "O6": "2024-01-02",
    }
    rows = [line(order_id=order, ordered_at=time) for order, time in times.items()]
    found = "select order_id, strftime(ordered_at, '%m-%d %H:%M') from pm__orders"
    utc = dict(build_lines(rows).rows(found))
    assert utc == dict.fromkeys(["O1", "O2", "O3", "O4", "O5"], "01-02 07:30") | {
        "O6": "01-02 00:00"
    }
    local = dict(build_lines(rows, pm_timezone="Asia/Shanghai").rows(found))
    assert local == dict.fromkeys(["O1", "O2", "O3", "O4", "O5"], "01-02 15:30") | {
        "O6": "01-02 08:00"
    }


def test_lines_from_pm_as_of_on_are_not_known_yet(build_lines):
    rows = [
        line(order_id="O1", ordered_at="2024-02-29 23:59:59"),
        line(order_id="O2", ordered_at="2024-03-01 00:00:00"),
    ]
    build = build_lines(rows, pm_as_of="2024-03-01")
    reasons = "select order_id, reject_reason from stg_pm__order_lines_checked"
    assert dict(build.rows(reasons)) == {"O1": None, "O2": "after_as_of"}
    assert build.rows("select order_id from pm__orders") == [("O1",)]


def lonely_lines(silence_days: int, lonely: int, others: int) -> list[dict[str, str]]:
    """Lines of one day, and some more after a silence."""
    later = dt.date(2024, 1, 1) + dt.timedelta(days=silence_days)
    rows = [line(order_id=f"O{n}", ordered_at="2024-01-01") for n in range(others)]
    rows += [line(order_id=f"L{n}", ordered_at=str(later)) for n in range(lonely)]
    return rows


@pytest.mark.parametrize(
    ("silence_days", "lonely", "others", "is_rejected"),
    [
        (366, 1, 99, False),  # a silence of the allowed length
        (367, 1, 99, True),  # a day more, and one line of a hundred is the 1 %
        (367, 1, 98, False),  # one of ninety-nine is more than that
        (367, 2, 198, True),
    ],
)
def test_orders_after_a_long_silence_are_typing_errors_if_few(
    build_lines, silence_days, lonely, others, is_rejected
):
    build = build_lines(lonely_lines(silence_days, lonely, others), select=LINES)
    reasons = build.rows(
        "select distinct order_id[1], reject_reason from stg_pm__order_lines_checked"
        " order by all"
    )
    assert reasons == [("L", "future_date" if is_rejected else None), ("O", None)]


def test_absurd_numbers_are_rejected_and_do_not_stop_the_build(build_lines):
    rows = [
        line(),
        # A bar code typed as the quantity, at a price that 18 digits cannot hold.
        line(order_id="O2", quantity="40063813339310", unit_price="9999.99"),
        line(order_id="O3", quantity="9" * 16),
        line(order_id="O4", unit_price="1e300"),
    ]
    build = build_lines(rows)
    reasons = [row["reject_reason"] for row in checked_lines(build)]
    assert reasons[0] is None
    assert None not in reasons[1:]
