"""Where customers go from month to month, and how far a forecast of it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import altair as alt

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Chart,
    Column,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import (
    MUTED,
    SERIES,
    Cell,
    data,
    heat_map,
)
from precision_marketing.report.words import Words, count, decimals, percent

STATES = ("new", "active", "returned", "cooling", "lapsed")
SCHEMES = ("lifecycle", "cluster", "rfm")
# More segments than this leave a phone no room for numbers.
GRID_MOST = 12

WORDS = {
    "en": {
        "lead": (
            "Of 100 active customers {cooling} cool off within a month; of 100 who are"
            " cooling off {back} come back to being active and {lapsed} lapse."
        ),
        "forecast_better": (
            "The forecast of how many are in each state was closer than supposing no"
            " change: off by {forecast} customers in {months} months instead of"
            " {no_change}."
        ),
        "forecast_worse": (
            "The forecast of how many are in each state was no closer than supposing no"
            " change (off by {forecast} customers in {months} months, no change by"
            " {no_change}): do not plan with it."
        ),
        "how": (
            "Active customers keep to their usual pause, cooling ones are beyond it,"
            " lapsed ones far beyond; “back” are those who had lapsed and bought again."
        ),
        "lifecycle": "life cycle",
        "cluster": "segments of customers",
        "rfm": "RFM segments",
        "grid": "Where 100 customers are a month later: {scheme}",
        "grid_seen": (
            "Rows are where customers are, columns where they are a month later. The"
            " largest move out of a row: {most} from {start} to {end}."
        ),
        "later": "a month later",
        "numbered": "{number} {name}",
        "forecast": "Customers in each state, forecast",
        "forecast_seen": "Lines over {months} months: {list}.",
        "line_seen": "{name} from {now} to {then}",
        "months": "months from now",
        "outlook": "Where they are and where they will be",
        "state": "State",
        "now": "Customers now",
        "then": "In {months} months",
        "arrivals": "New a month",
        "leave": "Months until they lapse",
        "revenue": "Revenue of one, next {months} months",
        "quality": "Forecasts of past months against what came",
        "scheme": "Of",
        "ahead": "Months ahead",
        "error": "Forecast off by",
        "no_change_error": "No change off by",
        "verdict": "Verdict",
        "better": "better than no change",
        "worse": "no better than no change",
        "state_new": "new",
        "state_active": "active",
        "state_returned": "back",
        "state_cooling": "cooling",
        "state_lapsed": "lapsed",
    },
    "zh": {
        "lead": (
            "每 100 位活跃客户中，一个月内有 {cooling} 位降温；"
            "每 100 位降温客户中，{back} 位恢复活跃，{lapsed} 位流失。"
        ),
        "forecast_better": (
            "对各状态人数的预测比“假设不变”更准：{months} 个月后合计偏差"
            " {forecast} 人，而假设不变为 {no_change} 人。"
        ),
        "forecast_worse": (
            "对各状态人数的预测并不比“假设不变”更准（{months} 个月后合计偏差"
            " {forecast} 人，假设不变为 {no_change} 人）：请勿据此规划。"
        ),
        "how": (
            "活跃客户仍在平常间隔之内，降温客户已超过，流失客户远远超过；"
            "“回归”指曾流失后又购买的客户。"
        ),
        "lifecycle": "生命周期",
        "cluster": "客户分群",
        "rfm": "RFM 分群",
        "grid": "100 位客户一个月后的去向：{scheme}",
        "grid_seen": (
            "行为当前所在，列为一个月后所在。最大的变动：{start}有 {most} 转为{end}。"
        ),
        "later": "一个月后",
        "numbered": "{number} {name}",
        "forecast": "各状态客户数预测",
        "forecast_seen": "{months} 个月的折线：{list}。",
        "line_seen": "{name}由 {now} 变为 {then}",
        "months": "距今月数",
        "outlook": "现状与展望",
        "state": "状态",
        "now": "当前客户数",
        "then": "{months} 个月后",
        "arrivals": "每月新增",
        "leave": "至流失的月数",
        "revenue": "未来 {months} 个月每人收入",
        "quality": "以往预测与实际对比",
        "scheme": "对象",
        "ahead": "提前月数",
        "error": "预测偏差",
        "no_change_error": "假设不变偏差",
        "verdict": "结论",
        "better": "优于假设不变",
        "worse": "不优于假设不变",
        "state_new": "新客",
        "state_active": "活跃",
        "state_returned": "回归",
        "state_cooling": "降温",
        "state_lapsed": "流失",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    moves = read.rows(
        "segment_transitions",
        "scheme, from_segment, to_segment, probability",
        "where from_customer_count > 0 order by scheme, from_segment, to_segment",
    )
    labels = _labels(read, moves, words)
    judged = _judged(read)
    sentences = [*_lead(moves, words), *_verdict(judged, words)]
    if sentences:
        yield Text(words.sentences(*sentences))
    yield Text(words("how"))
    for scheme in SCHEMES:
        names = labels[scheme]
        of_scheme = [
            move
            for move in moves
            if move["scheme"] == scheme
            and move["from_segment"] in names
            and move["to_segment"] in names
        ]
        if of_scheme and len(names) <= GRID_MOST:
            yield _grid(scheme, of_scheme, names, words)
    yield from _outlook(read, labels["lifecycle"], words)
    if judged:
        yield _quality(judged, words)


def _labels(
    read: Reader, moves: Sequence[dict], words: Words
) -> dict[str, dict[str, str]]:
    """Names of the segments of each scheme, in the order they are shown.

    Segments of the moves that have no name any more are left out.
    """
    rfm = {
        row["rfm_segment"]: row["rfm_segment_label"]
        for row in read.rows(
            "rfm_segments",
            "rfm_segment, rfm_segment_label",
            "order by mean_monetary desc nulls last, rfm_segment",
        )
    }
    own = {
        row["segment_name"]: row["segment_name"]
        for row in read.rows("segments", "segment_name", "order by segment_id")
    }
    states = {code: words.of_code("state", code) for code in STATES}
    labels = {"lifecycle": states, "cluster": own, "rfm": rfm}
    found = {
        (move["scheme"], move[end])
        for move in moves
        for end in ("from_segment", "to_segment")
    }
    return {
        scheme: {code: name for code, name in names.items() if (scheme, code) in found}
        for scheme, names in labels.items()
    }


def _judged(read: Reader) -> dict[str, dict]:
    """Errors of the furthest forecast of each scheme, summed over its segments."""
    rows = read.rows(
        "segment_forecast_evaluation",
        "scheme, months_ahead, sum(forecast_error) as forecast_error,"
        " sum(no_change_error) as no_change_error",
        "group by scheme, months_ahead"
        " qualify months_ahead = max(months_ahead) over (partition by scheme)"
        " order by scheme",
    )
    return {
        row["scheme"]: row
        for scheme in SCHEMES
        for row in rows
        if row["scheme"] == scheme
    }


def _lead(moves: Sequence[dict], words: Words) -> Iterator[str]:
    chances = {
        (move["from_segment"], move["to_segment"]): move["probability"]
        for move in moves
        if move["scheme"] == "lifecycle"
    }
    pairs = {
        "cooling": ("active", "cooling"),
        "back": ("cooling", "active"),
        "lapsed": ("cooling", "lapsed"),
    }
    if all(pair in chances for pair in pairs.values()):
        values = {name: count(100 * chances[pair]) for name, pair in pairs.items()}
        yield words("lead", **values)


def _verdict(judged: Mapping[str, dict], words: Words) -> Iterator[str]:
    row = judged.get("lifecycle")
    if row:
        yield words(
            "forecast_better" if _is_better(row) else "forecast_worse",
            forecast=count(row["forecast_error"]),
            no_change=count(row["no_change_error"]),
            months=row["months_ahead"],
        )


def _is_better(row: dict) -> bool:
    return row["forecast_error"] < row["no_change_error"]


def _grid(
    scheme: str, moves: Sequence[dict], names: Mapping[str, str], words: Words
) -> Chart:
    is_short = scheme == "lifecycle"
    keys = {
        code: name if is_short else str(number)
        for number, (code, name) in enumerate(names.items(), start=1)
    }
    cells = [
        Cell(
            keys[move["from_segment"]],
            keys[move["to_segment"]],
            move["probability"],
            count(100 * move["probability"]),
        )
        for move in moves
    ]
    shown = [key for code, key in keys.items() if key in {cell.row for cell in cells}]
    leaving = [move for move in moves if move["from_segment"] != move["to_segment"]]
    most = max(leaving, key=lambda move: move["probability"], default=None)
    return Chart(
        title=words("grid", scheme=words(scheme)),
        description=words(
            "grid_seen",
            most=percent(most["probability"], 0),
            start=names[most["from_segment"]],
            end=names[most["to_segment"]],
        )
        if most
        else words("later"),
        draw=lambda width: heat_map(
            cells,
            rows=shown,
            columns=list(keys.values()),
            width=width,
            column_title=words("later"),
            row_height=34,
            largest=1,
        ),
        tables=["segment_transitions"],
        legend=[]
        if is_short
        else [
            ("", words("numbered", number=keys[code], name=name))
            for code, name in names.items()
        ],
    )


def _outlook(read: Reader, names: Mapping[str, str], words: Words) -> Iterator[Block]:
    now = {
        row["segment"]: row
        for row in read.rows(
            "segment_outlook", "*", "where scheme = 'lifecycle' order by segment"
        )
    }
    ahead = read.rows(
        "segment_forecasts",
        "segment, months_ahead, customer_count",
        "where scheme = 'lifecycle' order by segment, months_ahead",
    )
    shown = {code: name for code, name in names.items() if code in now}
    if not ahead or not shown:
        return
    months = max(row["months_ahead"] for row in ahead)
    paths = {
        code: [(0, now[code]["customer_count"])]
        + [
            (row["months_ahead"], row["customer_count"])
            for row in ahead
            if row["segment"] == code
        ]
        for code in shown
    }
    colours = dict(zip(shown, SERIES, strict=False))
    seen = [
        words(
            "line_seen",
            name=name,
            now=count(paths[code][0][1]),
            then=count(paths[code][-1][1]),
        )
        for code, name in shown.items()
    ]
    yield Chart(
        title=words("forecast"),
        description=words("forecast_seen", months=months, list=words.listed(seen)),
        draw=lambda _: _lines(paths, colours, words),
        tables=["segment_outlook", "segment_forecasts"],
        legend=[(colours[code], name) for code, name in shown.items()],
    )
    revenue_months = max(now[code]["revenue_months"] or 0 for code in shown)
    yield Table(
        title=words("outlook"),
        columns=[
            Column(words("state")),
            Column(words("now"), is_number=True),
            Column(words("then", months=months), is_number=True),
            Column(words("arrivals"), is_number=True),
            Column(words("leave"), is_number=True),
            Column(words("revenue", months=revenue_months), is_number=True),
        ],
        rows=[
            (
                name,
                count(now[code]["customer_count"]),
                count(paths[code][-1][1]),
                decimals(now[code]["new_customers_a_month"], 1),
                decimals(now[code]["expected_months_to_churn"], 1),
                words.money(now[code]["expected_revenue"]),
            )
            for code, name in shown.items()
        ],
        tables=["segment_outlook", "segment_forecasts"],
    )


def _lines(
    paths: Mapping[str, Sequence[tuple]], colours: Mapping[str, str], words: Words
) -> alt.LayerChart:
    points = [
        {"month": month, "value": value, "state": code, "colour": colours[code]}
        for code, path in paths.items()
        for month, value in path
    ]
    base = alt.Chart(data(points)).encode(
        x=alt.X(
            "month:Q",
            axis=alt.Axis(
                title=words("months"), tickCount=6, format="d", titleColor=MUTED
            ),
        ),
        y=alt.Y("value:Q", axis=alt.Axis(title=None, format="~s", tickCount=5)),
        detail="state:N",
    )
    return alt.layer(
        base.mark_line(strokeWidth=2).encode(stroke=alt.Stroke("colour:N", scale=None)),
        base.mark_point(size=22, opacity=1, strokeWidth=0).encode(
            fill=alt.Fill("colour:N", scale=None)
        ),
    ).properties(height=260)


def _quality(judged: Mapping[str, dict], words: Words) -> Table:
    return Table(
        title=words("quality"),
        columns=[
            Column(words("scheme")),
            Column(words("ahead"), is_number=True),
            Column(words("error"), is_number=True),
            Column(words("no_change_error"), is_number=True),
            Column(words("verdict")),
        ],
        rows=[
            (
                words(scheme),
                count(row["months_ahead"]),
                count(row["forecast_error"]),
                count(row["no_change_error"]),
                Badge(words("better"), "good")
                if _is_better(row)
                else Badge(words("worse"), "poor"),
            )
            for scheme, row in judged.items()
        ],
        tables=["segment_forecast_evaluation"],
    )


SECTION = Section(
    title={"en": "Movement", "zh": "客户流动"},
    needs=("segment_transitions",),
    reads=(
        "rfm_segments",
        "segments",
        "segment_outlook",
        "segment_forecasts",
        "segment_forecast_evaluation",
    ),
    filled_by={
        "en": (
            "It is filled by order lines with a customer_id over several months; the"
            " settings pm_enable_segments and pm_enable_rfm switch parts on and off."
        ),
        "zh": (
            "需要多个月份且带有 customer_id 的订单行；"
            "由设置 pm_enable_segments 与 pm_enable_rfm 开关。"
        ),
    },
    words=WORDS,
    blocks=_blocks,
)
