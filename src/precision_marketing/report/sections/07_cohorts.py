"""Whether customers come back, by the month in which they first came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from precision_marketing.report.blocks import (
    Block,
    Chart,
    Column,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import Cell, heat_map
from precision_marketing.report.words import Words, count, percent, ratio

# A page's width has room for so many months after the first; a phone's for fewer.
COHORTS, PERIODS, NARROW_PERIODS, NARROW_WIDTH = 15, 12, 6, 400
# Months after which a cohort's worth is told.
MILESTONES = (1, 3, 6, 12)

WORDS = {
    "en": {
        "lead": (
            "Of the {customers} customers whose first order came from {first} to"
            " {last}, {share} bought again in the month after it."
        ),
        "later": (
            "Of the {customers} of them who came by {last}, {share} did {months} months"
            " after it."
        ),
        "young": "No month after a first order is over yet: the shares will grow.",
        "how": (
            "A row is the month of a first order, with its number of customers; a cell"
            " is the share of them who bought so many months later. The last cell of a"
            " row may be a month that is not over."
        ),
        "none": "No cohort is a month old yet: the grid fills as months pass.",
        "grid": "Share of customers who buy again, by months since the first order (%)",
        "grid_seen": (
            "A grid of {rows} cohorts; the highest share is {most}, of the cohort"
            " {cohort} after {months} months."
        ),
        "cohort": "{month} ({count})",
        "months": "months since the first order",
        "table": "Revenue of a customer since the first order",
        "first": "First order in",
        "customers": "Customers",
        "after": "After {months} months",
        "after_1": "After 1 month",
        "first_month": "First month",
    },
    "zh": {
        "lead": (
            "首单在{first}至{last}的 {customers} 位客户中，{share} 在次月再次购买。"
        ),
        "later": (
            "其中首单不晚于{last}的 {customers} 位客户，"
            "{share} 在第 {months} 个月购买。"
        ),
        "young": "首单之后尚无完整的月份：占比还会增加。",
        "how": (
            "每行为首单月份及客户数，每格为相应月数后购买的客户占比；"
            "每行最后一格的月份可能尚未结束。"
        ),
        "none": "尚无满一个月的客户群：随时间推移，此处会逐渐填满。",
        "grid": "按首单后月数的回购占比（%）",
        "grid_seen": (
            "{rows} 个月份的格子；最高为 {most}，{cohort}的客户在 {months} 个月后。"
        ),
        "cohort": "{month}（{count}）",
        "months": "首单后月数",
        "table": "首单以来每位客户的收入",
        "first": "首单月份",
        "customers": "客户数",
        "after": "{months} 个月后",
        "after_1": "1 个月后",
        "first_month": "首月",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    rows = read.rows(
        "cohorts",
        "cohort_month, period, customer_count, active_count, retention_rate,"
        " cumulative_revenue_per_customer,"
        " cast(cohort_month + to_months(period + 1) as date) as over_on",
        "where customer_count > 0"
        f" qualify dense_rank() over (order by cohort_month desc) <= {COHORTS}"
        " order by cohort_month, period",
    )
    later = [row for row in rows if 0 < row["period"] <= PERIODS]
    if not later:
        yield Text(words("none"))
        return
    info = read.first("build_info", "as_of_date")
    # A month that is not over has not had all its buyers.
    over = [row for row in rows if not info or row["over_on"] <= info["as_of_date"]]
    yield Text(words.sentences(*_sentences(over, words)))
    yield Text(words("how"))
    yield _grid(later, words)
    yield _table(rows, words)


def _sentences(rows: Sequence[dict], words: Words) -> Iterator[str]:
    if not any(row["period"] == 1 for row in rows):
        yield words("young")
        return
    yield words("lead", **_bought(rows, 1, words))
    if any(row["period"] == 6 for row in rows):
        yield words("later", months=6, **_bought(rows, 6, words))


def _bought(rows: Sequence[dict], period: int, words: Words) -> dict[str, str]:
    """Who bought in a period, of the cohorts that have seen it, and who those are."""
    seen = [row for row in rows if row["period"] == period]
    customers = sum(row["customer_count"] for row in seen)
    return {
        "customers": count(customers),
        "share": percent(ratio(sum(row["active_count"] for row in seen), customers)),
        "first": words.month(seen[0]["cohort_month"]),
        "last": words.month(seen[-1]["cohort_month"]),
    }


def _name(row: dict, words: Words) -> str:
    return words(
        "cohort",
        month=words.month(row["cohort_month"]),
        count=count(row["customer_count"]),
    )


def _grid(rows: Sequence[dict], words: Words) -> Chart:
    names = list(dict.fromkeys(_name(row, words) for row in rows))
    largest = max(row["retention_rate"] for row in rows)
    best = max(rows, key=lambda row: row["retention_rate"])

    def draw(width: int):
        last = NARROW_PERIODS if width < NARROW_WIDTH else PERIODS
        shown = [row for row in rows if row["period"] <= last]
        cells = [
            Cell(
                _name(row, words),
                str(row["period"]),
                row["retention_rate"],
                count(100 * row["retention_rate"]),
            )
            for row in shown
        ]
        return heat_map(
            cells,
            rows=names,
            columns=[str(period) for period in sorted({r["period"] for r in shown})],
            width=width,
            column_title=words("months"),
            row_height=26,
            largest=largest,
        )

    return Chart(
        title=words("grid"),
        description=words(
            "grid_seen",
            rows=len(names),
            most=percent(best["retention_rate"]),
            cohort=words.month(best["cohort_month"]),
            months=best["period"],
        ),
        draw=draw,
        tables=["cohorts"],
    )


def _table(rows: Sequence[dict], words: Words) -> Table:
    worth = {
        (row["cohort_month"], row["period"]): row["cumulative_revenue_per_customer"]
        for row in rows
    }
    months = sorted({row["cohort_month"]: row for row in rows}.items(), reverse=True)
    return Table(
        title=words("table"),
        columns=[
            Column(words("first")),
            Column(words("customers"), is_number=True),
            Column(words("first_month"), is_number=True),
            *(
                Column(
                    words("after_1") if period == 1 else words("after", months=period),
                    is_number=True,
                )
                for period in MILESTONES
            ),
        ],
        rows=[
            (
                words.month(month),
                count(row["customer_count"]),
                words.money(worth.get((month, 0))),
                *(words.money(worth.get((month, period))) for period in MILESTONES),
            )
            for month, row in months
        ],
        tables=["cohorts"],
    )


SECTION = Section(
    title={"en": "Do customers come back?", "zh": "客户会回来吗？"},
    needs=("cohorts",),
    reads=("build_info",),
    filled_by={
        "en": (
            "It is filled by order lines with a customer_id; the setting"
            " pm_enable_segments switches it on and off."
        ),
        "zh": "需要带有 customer_id 的订单行；由设置 pm_enable_segments 开关。",
    },
    words=WORDS,
    blocks=_blocks,
)
