"""The shop in a few numbers."""

from __future__ import annotations

from collections.abc import Iterator

from precision_marketing.report.blocks import (
    Block,
    Reader,
    Section,
    Text,
    Tile,
    Tiles,
)
from precision_marketing.report.words import Words, count, percent, ratio

# An order that was sent back whole is none.
KEPT = "not is_return and fully_returned_at is null"

WORDS = {
    "en": {
        "lead": "{customers} placed {orders}, worth {revenue}.",
        "lead_rest": "Unknown buyers placed {orders}, worth {revenue}.",
        "lead_anonymous": "{orders} brought {revenue}, all from unknown buyers.",
        "n_customers": "{count} known customers",
        "n_customers_1": "One known customer",
        "n_orders": "{count} orders",
        "n_orders_1": "one order",
        "value": (
            "If they go on as they did, today's customers are worth {value} over the"
            " next {months} months."
        ),
        "title": "Headline figures",
        "customers": "Customers with an order",
        "orders": "Orders kept",
        "revenue": "Net revenue",
        "anonymous": "{share} from unknown buyers",
        "order_value": "Net revenue an order",
        "repeat": "Repeat rate",
        "repeat_remark": "with two orders or more",
        "lapsed": "Lapsed",
        "lapsed_remark": "silent far beyond their usual pause",
        "clv": "Predicted value",
        "clv_remark": "next {months} months",
    },
    "zh": {
        "lead": "{customers}共下 {orders}，金额 {revenue}。",
        "lead_rest": "未识别买家另下 {orders}，金额 {revenue}。",
        "lead_anonymous": "{orders}带来 {revenue}，买家均未识别。",
        "n_customers": "{count} 位已知客户",
        "n_orders": "{count} 个订单",
        "value": "若保持目前节奏，现有客户未来 {months} 个月的价值为 {value}。",
        "title": "关键数字",
        "customers": "有订单的客户",
        "orders": "有效订单",
        "revenue": "净收入",
        "anonymous": "{share} 来自未识别买家",
        "order_value": "每单净收入",
        "repeat": "复购率",
        "repeat_remark": "至少两个订单",
        "lapsed": "已流失",
        "lapsed_remark": "沉默时间远超平常间隔",
        "clv": "预测价值",
        "clv_remark": "未来 {months} 个月",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    orders = read.first(
        "orders",
        f"count(*) filter (where {KEPT}) as order_count,"
        f" count(*) filter (where {KEPT} and is_anonymous) as anonymous_count,"
        f" count(distinct customer_id) filter (where {KEPT} and not is_anonymous)"
        " as known_count,"
        " coalesce(sum(net_revenue), 0) as revenue,"
        " coalesce(sum(net_revenue) filter (where is_anonymous), 0) as anonymous",
    )
    customers = read.first(
        "customers",
        "count(*) filter (where kept_order_count > 0) as customer_count,"
        " count(*) filter (where kept_order_count > 1) as repeat_count,"
        " count(*) filter (where kept_order_count > 0 and lifecycle_state = 'lapsed')"
        " as lapsed_count,"
        " count(lifecycle_state) filter (where kept_order_count > 0) as state_count",
    ) or {"customer_count": 0}
    value = read.first(
        "customer_lifetime_value",
        "horizon_months, sum(predicted_clv) as predicted",
        "where status = 'ok' group by horizon_months order by horizon_months desc",
    )
    tables = ["orders"]
    if customers["customer_count"]:
        tables.append("customers")
    if value:
        tables.append("customer_lifetime_value")
    texts = [*_lead(orders, words)]
    if value:
        texts.append(
            words(
                "value",
                value=words.money(value["predicted"]),
                months=value["horizon_months"],
            )
        )
    yield Text(words.sentences(*texts))
    yield Tiles(
        title=words("title"),
        tiles=[
            *_totals(orders, customers, words),
            *_habits(customers, words),
            *_value(value, words),
        ],
        tables=tables,
    )


def _lead(orders: dict, words: Words) -> Iterator[str]:
    if not orders["known_count"]:
        yield words(
            "lead_anonymous",
            orders=words.counted("n_orders", orders["order_count"]),
            revenue=words.money(orders["revenue"]),
        )
        return
    known = orders["order_count"] - orders["anonymous_count"]
    yield words(
        "lead",
        customers=words.counted("n_customers", orders["known_count"]),
        orders=words.counted("n_orders", known),
        revenue=words.money(orders["revenue"] - orders["anonymous"]),
    )
    if orders["anonymous_count"]:
        yield words(
            "lead_rest",
            orders=words.counted("n_orders", orders["anonymous_count"]),
            revenue=words.money(orders["anonymous"]),
        )


def _totals(orders: dict, customers: dict, words: Words) -> Iterator[Tile]:
    if customers["customer_count"]:
        yield Tile(words("customers"), count(customers["customer_count"]))
    yield Tile(words("orders"), count(orders["order_count"]))
    anonymous = ratio(orders["anonymous"], orders["revenue"])
    yield Tile(
        words("revenue"),
        words.money(orders["revenue"]),
        words("anonymous", share=percent(anonymous)) if anonymous else "",
    )
    each = ratio(orders["revenue"], orders["order_count"])
    yield Tile(words("order_value"), words.money(each))


def _habits(customers: dict, words: Words) -> Iterator[Tile]:
    if not customers["customer_count"]:
        return
    repeats = ratio(customers["repeat_count"], customers["customer_count"])
    yield Tile(words("repeat"), percent(repeats), words("repeat_remark"))
    if customers["state_count"]:
        lapsed = ratio(customers["lapsed_count"], customers["state_count"])
        yield Tile(words("lapsed"), percent(lapsed), words("lapsed_remark"))


def _value(value: dict | None, words: Words) -> Iterator[Tile]:
    if value:
        yield Tile(
            words("clv"),
            words.money(value["predicted"]),
            words("clv_remark", months=value["horizon_months"]),
        )


SECTION = Section(
    title={"en": "At a glance", "zh": "概览"},
    needs=("orders",),
    reads=("customers", "customer_lifetime_value"),
    filled_by={
        "en": "It is filled by the input order_lines.",
        "zh": "由输入 order_lines 提供。",
    },
    words=WORDS,
    blocks=_blocks,
)
