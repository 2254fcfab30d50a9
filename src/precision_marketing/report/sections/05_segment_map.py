"""Where the segments lie, by number and value of orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import altair as alt

from precision_marketing.report.blocks import (
    Block,
    Chart,
    Column,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import INK, SERIES, SURFACE, data
from precision_marketing.report.words import Words, count, decimals, percent

SAMPLE_ROWS = 400
MARKS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
# Measures of a segment that people ask for first, and how each is written.
MEASURES = (
    "orders_per_year",
    "average_order_value",
    "recency_days",
    "order_gap_days",
    "category_count",
    "discount_share",
    "return_share",
)

WORDS = {
    "en": {
        "lead": (
            "“{often}” order most often (typically {orders} orders a customer); an"
            " order is worth most with “{rich}” (typically {value})."
        ),
        "one": "There are no two segments with orders to draw a map of.",
        "how": (
            "Each small mark is one of {count} customers drawn evenly, each large"
            " number the middle of a segment (geometric mean). Both scales grow by"
            " factors. Segments may rest on other measures than these two."
        ),
        "map": "Segment map: orders and value of an order",
        "map_seen": (
            "A scatter of {count} customers in {segments} segments; segment means are"
            " in the table below."
        ),
        "orders": "orders of a customer",
        "value": "value of an order",
        "legend": "{number} {name}",
        "table": "Means of each segment",
        "measure": "Measure",
        "all": "Everyone",
        "orders_per_year": "Orders a year",
        "average_order_value": "Value of an order",
        "recency_days": "Days since the last order",
        "order_gap_days": "Days between orders",
        "category_count": "Categories",
        "discount_share": "Share given as discount",
        "return_share": "Share sent back",
    },
    "zh": {
        "lead": (
            "“{often}”下单最频繁（通常每人 {orders} 单）；"
            "“{rich}”单笔金额最高（通常 {value}）。"
        ),
        "one": "没有两个以上有订单的分群可供绘图。",
        "how": (
            "每个小标记为均匀抽取的 {count} 位客户之一，大数字为各分群的几何平均；"
            "两轴均为对数刻度。分群所依据的指标可能不止这两个。"
        ),
        "map": "分群地图：订单数与客单价",
        "map_seen": "{segments} 个分群中 {count} 位客户的散点图；均值见下表。",
        "orders": "每位客户的订单数",
        "value": "客单价",
        "legend": "{number} {name}",
        "table": "各分群均值",
        "measure": "指标",
        "all": "全部客户",
        "orders_per_year": "每年订单数",
        "average_order_value": "客单价",
        "recency_days": "距上次下单天数",
        "order_gap_days": "下单间隔天数",
        "category_count": "品类数",
        "discount_share": "折扣占比",
        "return_share": "退货占比",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    positive = "segment_id is not null and order_count > 0 and average_order_value > 0"
    segments = read.rows(
        "customers",
        "segment_id, min(segment_name) as segment_name,"
        f" {_middle('order_count')} as order_count,"
        f" {_middle('average_order_value')} as order_value",
        f"where {positive} group by segment_id order by segment_id",
    )
    if len(segments) < 2:
        yield Text(words("one"))
        return
    sample = read.rows(
        "customers",
        "segment_id, order_count, cast(average_order_value as double) as order_value",
        f"where {positive} order by md5(customer_id), customer_id limit {SAMPLE_ROWS}",
    )
    often = max(segments, key=lambda segment: segment["order_count"])
    rich = max(segments, key=lambda segment: segment["order_value"])
    yield Text(
        words(
            "lead",
            often=often["segment_name"],
            orders=decimals(often["order_count"], 1),
            rich=rich["segment_name"],
            value=words.money(rich["order_value"]),
        )
    )
    yield Text(words("how", count=count(len(sample))))
    yield _map(segments, sample, words)
    yield _means(read, segments, words)


def _middle(column: str) -> str:
    """Geometric mean: one giant order does not move it, on a scale of factors.

    Logarithms are summed as decimals, in whatever order rows come.
    """
    return f"exp(cast(avg(cast(ln({column}) as decimal(18, 9))) as double))"


def _map(segments: Sequence[dict], sample: Sequence[dict], words: Words) -> Chart:
    places = {segment["segment_id"]: at for at, segment in enumerate(segments)}
    points = [
        {
            "x": row["order_count"],
            "y": row["order_value"],
            "colour": SERIES[places[row["segment_id"]] % len(SERIES)],
            "shape": _mark(places[row["segment_id"]]),
        }
        for row in sample
    ]
    means = [
        {
            "x": segment["order_count"],
            "y": segment["order_value"],
            "colour": SERIES[at % len(SERIES)],
            "number": str(segment["segment_id"]),
        }
        for at, segment in enumerate(segments)
    ]
    return Chart(
        title=words("map"),
        description=words("map_seen", count=count(len(sample)), segments=len(segments)),
        draw=lambda _: _scatter(points, means, words),
        tables=["customers"],
        legend=[
            (
                SERIES[at % len(SERIES)],
                words(
                    "legend",
                    number=segment["segment_id"],
                    name=segment["segment_name"],
                ),
            )
            for at, segment in enumerate(segments)
        ],
    )


def _mark(place: int) -> str:
    """Another one than that of the segment whose colour comes again."""
    return MARKS[(place + place // len(SERIES)) % len(MARKS)]


def _scatter(
    points: Sequence[dict], means: Sequence[dict], words: Words
) -> alt.LayerChart:
    x, y = (
        kind(f"{name}:Q", scale=_scale(points, means, name), axis=_axis(title))
        for kind, name, title in (
            (alt.X, "x", words("orders")),
            (alt.Y, "y", words.in_money("value")),
        )
    )
    fill = alt.Fill("colour:N", scale=None)
    small = (
        alt.Chart(data(points))
        .mark_point(size=34, opacity=0.55, strokeWidth=0)
        .encode(x=x, y=y, fill=fill, shape=alt.Shape("shape:N", scale=None))
    )
    centres = alt.Chart(data(means)).encode(x=x, y=y)
    disc = centres.mark_point(
        size=460, opacity=1, fill=SURFACE, strokeWidth=3, shape="circle"
    ).encode(stroke=alt.Stroke("colour:N", scale=None))
    label = centres.mark_text(
        fontWeight="bold", fontSize=13, baseline="middle", fill=INK
    ).encode(text="number:N")
    return alt.layer(small, disc, label).properties(height=380)


def _scale(points: Sequence[dict], means: Sequence[dict], name: str) -> alt.Scale:
    values = [float(point[name]) for point in (*points, *means)]
    # Room for half a disc on both sides.
    return alt.Scale(
        type="log", domain=[0.75 * min(values), 1.35 * max(values)], nice=False
    )


def _axis(title: str) -> alt.Axis:
    ticks = [step * 10**power for power in range(-2, 8) for step in (1, 2, 5)]
    return alt.Axis(values=ticks, format="~s", title=title, grid=True)


def _means(read: Reader, segments: Sequence[dict], words: Words) -> Table:
    found = {
        (row["feature"], row["segment_id"]): row
        for row in read.rows(
            "segment_profiles",
            "feature, segment_id, mean, overall_mean",
            "order by feature, segment_id",
        )
    }
    ids = [segment["segment_id"] for segment in segments]
    rows = []
    for measure in MEASURES:
        known = [found.get((measure, number)) for number in ids]
        if not any(known):
            continue
        overall = next(row["overall_mean"] for row in known if row)
        # Nothing was ever known of it, or it never happened.
        if not overall:
            continue
        rows.append(
            (
                words.in_money(measure)
                if measure == "average_order_value"
                else words(measure),
                *(_written(measure, row["mean"] if row else None) for row in known),
                _written(measure, overall),
            )
        )
    return Table(
        title=words("table"),
        columns=[
            Column(words("measure")),
            *(
                Column(
                    words(
                        "legend",
                        number=segment["segment_id"],
                        name=segment["segment_name"],
                    ),
                    is_number=True,
                )
                for segment in segments
            ),
            Column(words("all"), is_number=True),
        ],
        rows=rows,
        tables=["segment_profiles"],
    )


def _written(measure: str, value: float | None) -> str:
    return percent(value) if measure.endswith("_share") else decimals(value, 1)


SECTION = Section(
    title={"en": "Segment map", "zh": "分群地图"},
    needs=("segments", "customers", "segment_profiles"),
    filled_by={
        "en": (
            "It is filled by order lines of enough customers, with a customer_id; the"
            " setting pm_enable_segments switches it on and off."
        ),
        "zh": (
            "需要足够多带有 customer_id 的客户订单行；由设置 pm_enable_segments 开关。"
        ),
    },
    words=WORDS,
    blocks=_blocks,
)
