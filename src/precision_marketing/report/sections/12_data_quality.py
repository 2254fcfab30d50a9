"""What was wrong with the data, and which answers rest on too little of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Chart,
    Column,
    Heading,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import SERIES, Bar, labelled_bars
from precision_marketing.report.words import Words, count, decimals, percent, ratio

TONES = {"ok": "good", "warn": "fair", "block": "poor"}
CHART_REASONS = 10
REJECTED = SERIES[1]

WORDS = {
    "en": {
        "lead": (
            "Of {read} order lines {share} were accepted; {rejected} were rejected;"
            " amounts below nothing taken off, they come to {amount}. None is lost:"
            " each stands in pm__rejected_rows with its reason."
        ),
        "lead_clean": "All {read} order lines were accepted.",
        "no_lines": "No order line was read.",
        "chart": "Rejected order lines by reason",
        "chart_seen": "Bars by reason, most first: {list}.",
        "reason_seen": "{reason} {count}",
        "bar": "{count} · {amount}",
        "rules": "What cleaning caught",
        "input": "Input",
        "rule": "Rule",
        "action": "What was done",
        "rows": "Rows",
        "amount": "Money",
        "action_reject": "rejected",
        "action_flag": "kept and marked",
        "action_fix": "mended",
        "nothing": "Cleaning caught nothing: every row was taken as it came.",
        "readiness": "Before you rely on it",
        "readiness_fine": "All {count} checks of the data passed.",
        "readiness_some": (
            "{bad} of {count} checks did not pass: an answer rests on too little, or"
            " there is something else to know of."
        ),
        "advice_table": "Checks to look at",
        "capability": "Part",
        "status": "Status",
        "observed": "Found",
        "required": "Needed",
        "advice": "Advice",
        "all_checks": "All checks",
        "checks": "Checks",
        "passed": "Passed",
        "status_ok": "ok",
        "status_warn": "take care",
        "status_block": "cannot be told",
        "capability_order_lines": "order lines",
        "capability_rfm": "RFM",
        "capability_segments": "segments",
        "capability_baskets": "baskets",
        "capability_scores": "predictions",
        "capability_recommendations": "recommendations",
        "capability_value": "value",
        "capability_movement": "movement",
        "missing": "no {column}",
        "invalid": "unreadable {column}",
        "rule_exact_duplicate": "exact copy of another row",
        "rule_service_code": "postage, fees, vouchers",
        "rule_write_off": "stock written off",
        "rule_negative_price": "negative price",
        "rule_zero_quantity": "quantity 0",
        "rule_zero_price": "price 0",
        "rule_impossible_date": "date too early to be true",
        "rule_future_date": "date in the future",
        "rule_after_as_of": "after the day looked from",
        "rule_duplicate_line_id": "line id used before",
        "rule_duplicate_key": "key used before",
        "rule_amount_out_of_range": "amount too large to be true",
        "rule_discount_above_amount": "discount above the amount",
        "rule_anonymous": "buyer unknown",
        "rule_return": "return",
        "rule_return_matched": "return matched to its sale",
        "rule_outlier": "unusually large",
        "rule_item_code_variant": "item code spelled otherwise",
        "rule_item_name_variant": "item named otherwise",
    },
    "zh": {
        "lead": (
            "{read} 条订单行中 {share} 被接受；{rejected} 条被拒绝，"
            "正负相抵后金额 {amount}。"
            "没有一条丢失：每条及其原因均在 pm__rejected_rows 中。"
        ),
        "lead_clean": "全部 {read} 条订单行均被接受。",
        "no_lines": "没有读到订单行。",
        "chart": "被拒绝的订单行（按原因）",
        "chart_seen": "按原因的条形，从多到少：{list}。",
        "reason_seen": "{reason} {count}",
        "bar": "{count} · {amount}",
        "rules": "清洗发现的问题",
        "input": "输入",
        "rule": "规则",
        "action": "处理",
        "rows": "行数",
        "amount": "金额",
        "action_reject": "拒绝",
        "action_flag": "保留并标记",
        "action_fix": "修正",
        "nothing": "清洗未发现问题：所有行均按原样接受。",
        "readiness": "使用前请注意",
        "readiness_fine": "全部 {count} 项数据检查均已通过。",
        "readiness_some": "{count} 项检查中有 {bad} 项提示依据不足或需要留意。",
        "advice_table": "需要留意的检查",
        "capability": "部分",
        "status": "状态",
        "observed": "实际",
        "required": "要求",
        "advice": "建议",
        "all_checks": "全部检查",
        "checks": "检查数",
        "passed": "通过",
        "status_ok": "正常",
        "status_warn": "留意",
        "status_block": "无法判断",
        "capability_order_lines": "订单行",
        "capability_rfm": "RFM",
        "capability_segments": "分群",
        "capability_baskets": "购物篮",
        "capability_scores": "预测",
        "capability_recommendations": "推荐",
        "capability_value": "价值",
        "capability_movement": "流动",
        "missing": "缺少 {column}",
        "invalid": "{column} 无法读取",
        "rule_exact_duplicate": "完全重复的行",
        "rule_service_code": "邮费、手续费、代金券",
        "rule_write_off": "库存核销",
        "rule_negative_price": "负价格",
        "rule_zero_quantity": "数量为 0",
        "rule_zero_price": "价格为 0",
        "rule_impossible_date": "日期过早",
        "rule_future_date": "未来日期",
        "rule_after_as_of": "晚于观察日",
        "rule_duplicate_line_id": "行号重复",
        "rule_duplicate_key": "键重复",
        "rule_amount_out_of_range": "金额过大",
        "rule_discount_above_amount": "折扣超过金额",
        "rule_anonymous": "买家未知",
        "rule_return": "退货",
        "rule_return_matched": "已匹配销售的退货",
        "rule_outlier": "异常大",
        "rule_item_code_variant": "商品编码写法不同",
        "rule_item_name_variant": "商品名称不同",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    rules = read.rows(
        "cleaning_summary",
        "*",
        "where row_count > 0 order by input = 'order_lines' desc, input,"
        " row_count desc, rule",
    )
    lines = [rule for rule in rules if rule["input"] == "order_lines"]
    rejected = [rule for rule in lines if rule["action"] == "reject"]
    yield Text(_lead(lines, rejected, words))
    if rejected:
        yield _chart(rejected[:CHART_REASONS], words)
    caught = [rule for rule in rules if rule["action"] in ("reject", "flag", "fix")]
    if caught:
        yield _rules(caught, words)
    else:
        yield Text(words("nothing"))
    checks = read.rows(
        "data_readiness",
        "*",
        "order by status = 'block' desc, status = 'warn' desc, capability, requirement",
    )
    if checks:
        yield from _readiness(checks, words)


def _lead(lines: Sequence[dict], rejected: Sequence[dict], words: Words) -> str:
    of = {
        action: sum(row["row_count"] for row in lines if row["action"] == action)
        for action in ("read", "accept")
    }
    if not of["read"]:
        return words("no_lines")
    if not rejected:
        return words("lead_clean", read=count(of["read"]))
    return words(
        "lead",
        read=count(of["read"]),
        share=percent(ratio(of["accept"], of["read"])),
        rejected=count(sum(row["row_count"] for row in rejected)),
        amount=words.money(sum(row["amount"] or 0 for row in rejected)),
    )


def _name(rule: str, words: Words) -> str:
    kind, _, column = rule.partition("_")
    if kind in ("missing", "invalid"):
        return words(kind, column=column)
    return words.of_code("rule", rule)


def _chart(rejected: Sequence[dict], words: Words) -> Chart:
    groups = [
        (
            _name(rule["rule"], words),
            [
                Bar(
                    rule["row_count"],
                    words(
                        "bar",
                        count=count(rule["row_count"]),
                        amount=words.money(rule["amount"]),
                    ),
                    REJECTED,
                )
            ],
        )
        for rule in rejected
    ]
    seen = [
        words(
            "reason_seen",
            reason=_name(rule["rule"], words),
            count=count(rule["row_count"]),
        )
        for rule in rejected[:3]
    ]
    return Chart(
        title=words("chart"),
        description=words("chart_seen", list=words.listed(seen)),
        draw=lambda width: labelled_bars(groups, width),
        tables=["cleaning_summary"],
    )


def _rules(caught: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("rules"),
        columns=[
            Column(words("rule")),
            Column(words("input")),
            Column(words("action")),
            Column(words("rows"), is_number=True),
            Column(words("amount"), is_number=True),
        ],
        rows=[
            (
                _name(rule["rule"], words),
                rule["input"],
                words.of_code("action", rule["action"]),
                count(rule["row_count"]),
                words.money(rule["amount"]),
            )
            for rule in caught
        ],
        tables=["cleaning_summary"],
    )


def _readiness(checks: Sequence[dict], words: Words) -> Iterator[Block]:
    bad = [check for check in checks if check["status"] != "ok"]
    yield Heading(words("readiness"))
    if bad:
        yield Text(words("readiness_some", bad=len(bad), count=len(checks)))
        yield Table(
            title=words("advice_table"),
            columns=[
                Column(words("capability")),
                Column(words("status")),
                Column(words("advice"), is_long=True),
                Column(words("observed"), is_number=True),
                Column(words("required"), is_number=True),
            ],
            rows=[
                (
                    words.of_code("capability", check["capability"]),
                    _status(check["status"], words),
                    check["advice"] or check["requirement"],
                    _number(check["observed"]),
                    _number(check["required"]),
                )
                for check in bad
            ],
            tables=["data_readiness"],
        )
    else:
        yield Text(words("readiness_fine", count=len(checks)))
    parts: dict[str, list[dict]] = {}
    for check in sorted(checks, key=lambda check: check["capability"]):
        parts.setdefault(check["capability"], []).append(check)
    yield Table(
        title=words("all_checks"),
        columns=[
            Column(words("capability")),
            Column(words("checks"), is_number=True),
            Column(words("passed"), is_number=True),
            Column(words("status")),
        ],
        rows=[
            (
                words.of_code("capability", part),
                count(len(found)),
                count(sum(check["status"] == "ok" for check in found)),
                _status(_worst(found), words),
            )
            for part, found in parts.items()
        ],
        tables=["data_readiness"],
    )


def _worst(checks: Sequence[dict]) -> str:
    found = {check["status"] for check in checks}
    return next(status for status in ("block", "warn", "ok") if status in found)


def _status(status: str, words: Words) -> Badge:
    return Badge(words.of_code("status", status), TONES[status])


def _number(value: float | None) -> str:
    if value is None or value == int(value):
        return count(value)
    return decimals(value)


SECTION = Section(
    title={"en": "Data quality", "zh": "数据质量"},
    needs=("cleaning_summary",),
    reads=("data_readiness",),
    filled_by={
        "en": "It is filled by any input.",
        "zh": "由任一输入提供。",
    },
    words=WORDS,
    blocks=_blocks,
)
