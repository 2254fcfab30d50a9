"""What goes with what in a basket."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import altair as alt

from precision_marketing.report.blocks import (
    Block,
    Chart,
    Column,
    Reader,
    Row,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import SERIES, Bar, data, labelled_bars
from precision_marketing.report.words import Words, count, decimals, percent
from precision_marketing.summary import LARGEST_Q_VALUE, LEAST_RULE_BASKETS

NETWORK_PAIRS, TABLE_RULES = 18, 12
ROW_HEIGHT, ARC_POINTS = 24, 24
# How far arcs reach to the left of the names: pixels, and of the chart's width.
ARC_LEAST, ARC_SHARE = 26, 0.3

WORDS = {
    "en": {
        "lead": (
            "Who buys “{antecedent}” also buys “{consequent}” in {confidence} of"
            " baskets, {lift} times as often as chance would have it."
        ),
        "none": (
            "No pair of items goes together more often than chance explains: there is"
            " nothing to bundle yet."
        ),
        "network": "Items that meet in a basket",
        "network_seen": (
            "A list of {items} items with an arc between two that go together, thicker"
            " where they do so more often than chance. The strongest: {list}."
        ),
        "pair_seen": "{antecedent} and {consequent} ({lift} times)",
        "strengths": "How many times as often as chance",
        "strengths_seen": "A bar for each of {count} pairs; the table below has them.",
        "pair": "{antecedent} → {consequent}",
        "times": "{lift} ×",
        "rules": "Top rules",
        "antecedent": "Who buys",
        "consequent": "also buys",
        "confidence": "in baskets with it",
        "lift": "times chance",
        "baskets": "Baskets",
    },
    "zh": {
        "lead": (
            "购买“{antecedent}”的购物篮中有 {confidence} 同时含“{consequent}”，"
            "是随机情形的 {lift} 倍。"
        ),
        "none": "没有商品的搭配超出偶然：暂无可捆绑的组合。",
        "network": "哪些商品常一起购买",
        "network_seen": (
            "{items} 个商品的列表，常一起购买的两者以弧线相连，越粗越超出偶然。"
            "最强的：{list}。"
        ),
        "pair_seen": "{antecedent}与{consequent}（{lift} 倍）",
        "strengths": "是随机情形的多少倍",
        "strengths_seen": "{count} 对商品各一条，数值见下表。",
        "pair": "{antecedent} → {consequent}",
        "times": "{lift} 倍",
        "rules": "最强规则",
        "antecedent": "购买",
        "consequent": "同时购买",
        "confidence": "同篮比例",
        "lift": "随机的倍数",
        "baskets": "购物篮",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    # Both directions of a pair share one lift: the surer one speaks for both.
    pairs = read.rows(
        "association_rules",
        "antecedent_items[1] as antecedent_item, consequent_item,"
        " coalesce(antecedent_name, antecedent_key) as antecedent,"
        " coalesce(consequent_name, consequent_item) as consequent,"
        " lift, confidence, basket_count",
        f"where q_value < {LARGEST_Q_VALUE} and basket_count >= {LEAST_RULE_BASKETS}"
        " and antecedent_item_count = 1 and lift > 1"
        " qualify row_number() over ("
        " partition by least(antecedent_items[1], consequent_item),"
        " greatest(antecedent_items[1], consequent_item)"
        " order by confidence desc, antecedent_key) = 1"
        " order by lift desc, basket_count desc, antecedent_key, consequent_item"
        f" limit {NETWORK_PAIRS}",
    )
    if not pairs:
        yield Text(words("none"))
        return
    best = pairs[0]
    yield Text(
        words(
            "lead",
            antecedent=best["antecedent"],
            consequent=best["consequent"],
            confidence=percent(best["confidence"], 0),
            lift=decimals(best["lift"], 1),
        )
    )
    yield Row([_network(pairs, words), _strengths(pairs[:TABLE_RULES], words)])
    yield _table(pairs[:TABLE_RULES], words)


def _network(pairs: Sequence[dict], words: Words) -> Chart:
    order = in_groups(
        [(pair["antecedent_item"], pair["consequent_item"]) for pair in pairs]
    )
    names = {}
    for pair in pairs:
        names[pair["antecedent_item"]] = pair["antecedent"]
        names[pair["consequent_item"]] = pair["consequent"]
    seen = [
        words(
            "pair_seen",
            antecedent=pair["antecedent"],
            consequent=pair["consequent"],
            lift=decimals(pair["lift"], 1),
        )
        for pair in pairs[:3]
    ]
    return Chart(
        title=words("network"),
        description=words("network_seen", items=len(order), list=words.listed(seen)),
        draw=lambda width: _arcs(pairs, order, names, width),
        tables=["association_rules"],
        size="half",
    )


def _strengths(pairs: Sequence[dict], words: Words) -> Chart:
    groups = [
        (
            words(
                "pair",
                antecedent=pair["antecedent"],
                consequent=pair["consequent"],
            ),
            [Bar(pair["lift"], words("times", lift=decimals(pair["lift"], 1)))],
        )
        for pair in pairs
    ]
    return Chart(
        title=words("strengths"),
        description=words("strengths_seen", count=len(pairs)),
        draw=lambda width: labelled_bars(groups, width),
        tables=["association_rules"],
        size="half",
    )


def in_groups(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Items so that linked ones stand together: each group from its strongest pair."""
    neighbours: dict[str, list[str]] = {}
    for one, other in pairs:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    order: dict[str, None] = {}

    def visit(item: str) -> None:
        if item in order:
            return
        order[item] = None
        for neighbour in neighbours[item]:
            visit(neighbour)

    for one, _ in pairs:
        visit(one)
    return list(order)


def _arcs(
    pairs: Sequence[dict], order: Sequence[str], names: dict[str, str], width: int
) -> alt.LayerChart:
    """Names in a column; two that go together joined by half an ellipse."""
    # The arcs have their own unit: pixels of a plane that the scales map one to one.
    places = {item: ROW_HEIGHT * (at + 0.5) for at, item in enumerate(order)}
    height = ROW_HEIGHT * len(order)
    farthest = max(
        abs(places[pair["antecedent_item"]] - places[pair["consequent_item"]])
        for pair in pairs
    )
    room = min(ARC_SHARE * width, ARC_LEAST + farthest / 2)
    largest = max(pair["lift"] for pair in pairs)
    points = []
    for number, pair in enumerate(pairs):
        top, bottom = sorted(
            (places[pair["antecedent_item"]], places[pair["consequent_item"]])
        )
        depth = ARC_LEAST + (room - ARC_LEAST) * (
            (bottom - top - ROW_HEIGHT) / max(farthest - ROW_HEIGHT, 1)
        )
        for step in range(ARC_POINTS + 1):
            turn = math.pi * step / ARC_POINTS
            points.append(
                {
                    "x": room - depth * math.sin(turn),
                    "y": (top + bottom) / 2 - (bottom - top) / 2 * math.cos(turn),
                    "step": step,
                    "pair": number,
                    "thickness": 1 + 3 * pair["lift"] / largest,
                }
            )
    nodes = [
        {"name": names[item], "x": room, "y": place} for item, place in places.items()
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False))
    lines = (
        alt.Chart(data(points))
        .mark_line(stroke=SERIES[0], opacity=0.75)
        .encode(
            x=x,
            y=y,
            order="step:Q",
            detail="pair:N",
            strokeWidth=alt.StrokeWidth("thickness:Q", scale=None),
        )
    )
    base = alt.Chart(data(nodes)).encode(x=x, y=y)
    dots = base.mark_point(size=34, opacity=1, fill=SERIES[0], strokeWidth=0)
    labels = base.mark_text(
        align="left", baseline="middle", dx=9, limit=width - room - 24
    ).encode(text="name:N")
    return alt.layer(lines, dots, labels).properties(height=height)


def _table(pairs: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("rules"),
        columns=[
            Column(words("antecedent")),
            Column(words("consequent")),
            Column(words("confidence"), is_number=True),
            Column(words("lift"), is_number=True),
            Column(words("baskets"), is_number=True),
        ],
        rows=[
            (
                pair["antecedent"],
                pair["consequent"],
                percent(pair["confidence"]),
                decimals(pair["lift"], 1),
                count(pair["basket_count"]),
            )
            for pair in pairs
        ],
        tables=["association_rules"],
    )


SECTION = Section(
    title={"en": "What goes with what", "zh": "购物篮搭配"},
    needs=("association_rules",),
    filled_by={
        "en": (
            "It is filled by orders with several items that meet more often than"
            " chance; pm_basket_min_support and pm_basket_min_confidence say how"
            " often, pm_enable_baskets switches it on and off."
        ),
        "zh": (
            "需要含多件商品且搭配超出偶然的订单；门槛为 pm_basket_min_support 与"
            " pm_basket_min_confidence，由 pm_enable_baskets 开关。"
        ),
    },
    words=WORDS,
    blocks=_blocks,
)
