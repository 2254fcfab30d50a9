"""Revenue and customers, month by month."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence

from precision_marketing.report.blocks import (
    Block,
    Chart,
    Column,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import SERIES, columns_over_time
from precision_marketing.report.words import (
    Words,
    count,
    ratio,
    signed_percent,
)

# What a chart can tell apart, and a table can be read through.
CHART_MONTHS, TABLE_MONTHS = 48, 12
NEW, RETURNING = SERIES[1], SERIES[0]

WORDS = {
    "en": {
        "change": (
            "In the last {months} full months the shop took {revenue}, {change}"
            " against the {months} months before ({before})."
        ),
        "no_base": (
            "In the last {months} full months the shop took {revenue}, after {before}"
            " in the {months} months before."
        ),
        "no_change": "In {months} the shop took {revenue}.",
        "n_months": "{count} months",
        "n_months_1": "one month",
        "mix": (
            "Of the {buyers} customers who bought in {month}, {new} did so for the"
            " first time."
        ),
        "partial": "{month} is not over: its figures will grow.",
        "revenue": "Net revenue a month",
        "revenue_seen": ("Columns for {months}, the largest in {best} with {most}."),
        "customers": "Customers who bought, a month",
        "customers_seen": (
            "Columns for {months}, split into new and returning customers; most"
            " customers bought in {best}: {most}."
        ),
        "new": "first month",
        "returning": "returning",
        "table": "The last months",
        "month": "Month",
        "orders": "Orders",
        "buyers": "Known buyers",
        "net": "Net revenue",
        "each": "An order",
    },
    "zh": {
        "change": (
            "最近 {months} 个完整月收入 {revenue}，较此前 {months} 个月"
            "（{before}）变化 {change}。"
        ),
        "no_base": (
            "最近 {months} 个完整月收入 {revenue}，此前 {months} 个月为 {before}。"
        ),
        "no_change": "{months}内收入合计 {revenue}。",
        "n_months": "{count} 个月",
        "mix": "{month}购买的 {buyers} 位客户中，{new} 位为首次购买。",
        "partial": "{month}尚未结束，数字还会增加。",
        "revenue": "每月净收入",
        "revenue_seen": "{months}的柱形图，最高为{best}，{most}。",
        "customers": "每月购买客户数",
        "customers_seen": (
            "{months}的柱形图，分为新客与回头客；{best}客户最多，为 {most} 位。"
        ),
        "new": "首购月",
        "returning": "回头客",
        "table": "最近几个月",
        "month": "月份",
        "orders": "订单",
        "buyers": "已知买家",
        "net": "净收入",
        "each": "每单",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    months = read.rows(
        "orders",
        "cast(date_trunc('month', ordered_at) as date) as month,"
        " count(*) filter (where not is_return and fully_returned_at is null)"
        " as order_count,"
        " count(distinct customer_id) filter (where not is_return"
        " and fully_returned_at is null) as buyer_count,"
        " sum(net_revenue) as revenue",
        "group by all order by month",
    )
    info = read.first("build_info", "as_of_date") or {}
    nothing = {"order_count": 0, "buyer_count": 0, "revenue": 0}
    months = _without_gaps(months, info["as_of_date"], nothing)
    full = [month for month in months if _next(month["month"]) <= info["as_of_date"]]
    buyers = read.rows(
        "cohorts",
        "cast(cohort_month + to_months(period) as date) as month,"
        " cast(sum(active_count) filter (where period = 0) as bigint) as new_count,"
        " cast(sum(active_count) filter (where period > 0) as bigint)"
        " as returning_count",
        "group by all order by month",
    )
    buyers = _without_gaps(
        buyers, info["as_of_date"], {"new_count": 0, "returning_count": 0}
    )
    yield Text(words.sentences(*_sentences(months, full, buyers, words)))
    yield _revenue(months[-CHART_MONTHS:], words)
    if buyers:
        yield _customers(buyers[-CHART_MONTHS:], words)
    yield _table(months[: -TABLE_MONTHS - 1 : -1], words)


def _without_gaps(
    rows: Sequence[dict], until: datetime.date, nothing: Mapping[str, int]
) -> list[dict]:
    """Every month from the first on that has rows or is over: in some nobody bought."""
    if not rows:
        return []
    found = {row["month"]: row for row in rows}
    month, last, filled = rows[0]["month"], rows[-1]["month"], []
    while month <= last or _next(month) <= until:
        filled.append(found.get(month, {"month": month, **nothing}))
        month = _next(month)
    return filled


def _next(month: datetime.date) -> datetime.date:
    """First day of the month after."""
    return (month + datetime.timedelta(days=32)).replace(day=1)


def _sentences(
    months: Sequence[dict], full: Sequence[dict], buyers: Sequence[dict], words: Words
) -> Iterator[str]:
    span = min(12, len(full) // 2)
    if span >= 3:
        now = sum(month["revenue"] for month in full[-span:])
        before = sum(month["revenue"] for month in full[-2 * span : -span])
        # What grows from nothing or less has no rate of growth.
        yield words(
            "change" if before > 0 else "no_base",
            months=span,
            revenue=words.money(now),
            before=words.money(before),
            change=signed_percent(ratio(now - before, before)),
        )
    else:
        total = sum(month["revenue"] for month in months)
        yield words(
            "no_change",
            months=words.counted("n_months", len(months)),
            revenue=words.money(total),
        )
    known = {month["month"] for month in full}
    seen = [row for row in buyers if row["month"] in known and _buyers(row)]
    if seen:
        last = seen[-1]
        new = last["new_count"] or 0
        yield words(
            "mix",
            month=words.month(last["month"]),
            buyers=count(new + (last["returning_count"] or 0)),
            new=count(new),
        )
    if len(full) < len(months):
        yield words("partial", month=words.month(months[-1]["month"]))


def _revenue(months: Sequence[dict], words: Words) -> Chart:
    rows = [
        {
            "label": words.month(month["month"]),
            "value": month["revenue"],
            "colour": SERIES[0],
            "place": 0,
        }
        for month in months
    ]
    best = max(months, key=lambda month: month["revenue"])
    return Chart(
        title=words.in_money("revenue"),
        description=words(
            "revenue_seen",
            months=words.counted("n_months", len(months)),
            best=words.month(best["month"]),
            most=words.money(best["revenue"]),
        ),
        draw=lambda width: columns_over_time(
            rows, width=width, order=[row["label"] for row in rows]
        ),
        tables=["orders"],
    )


def _customers(months: Sequence[dict], words: Words) -> Chart:
    rows = [
        {
            "label": words.month(month["month"]),
            "value": month[name] or 0,
            "colour": key,
            "place": place,
        }
        for month in months
        for place, (name, key) in enumerate(
            [("returning_count", RETURNING), ("new_count", NEW)]
        )
    ]
    best = max(months, key=_buyers)
    return Chart(
        title=words("customers"),
        description=words(
            "customers_seen",
            months=words.counted("n_months", len(months)),
            best=words.month(best["month"]),
            most=count(_buyers(best)),
        ),
        draw=lambda width: columns_over_time(
            rows, width=width, order=[words.month(month["month"]) for month in months]
        ),
        tables=["cohorts"],
        legend=[(NEW, words("new")), (RETURNING, words("returning"))],
    )


def _buyers(month: dict) -> int:
    return (month["new_count"] or 0) + (month["returning_count"] or 0)


def _table(months: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("table"),
        columns=[
            Column(words("month")),
            Column(words("orders"), is_number=True),
            Column(words("buyers"), is_number=True),
            Column(words("net"), is_number=True),
            Column(words("each"), is_number=True),
        ],
        rows=[
            (
                words.month(month["month"]),
                count(month["order_count"]),
                count(month["buyer_count"]),
                words.money(month["revenue"]),
                words.money(ratio(month["revenue"], month["order_count"])),
            )
            for month in months
        ],
        tables=["orders"],
    )


SECTION = Section(
    title={"en": "Revenue and customers over time", "zh": "收入与客户走势"},
    needs=("orders", "build_info"),
    reads=("cohorts",),
    filled_by={
        "en": "It is filled by the input order_lines.",
        "zh": "由输入 order_lines 提供。",
    },
    words=WORDS,
    blocks=_blocks,
)
