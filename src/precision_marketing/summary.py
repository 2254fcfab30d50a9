"""What a build found, as a page of text: the closing words of ``make build``."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb

from precision_marketing.public_tables import (
    LANGUAGES,
    PREFIX,
    NoTablesError,
    PublicTables,
    require_language,
)

__all__ = ["LANGUAGES", "NoTablesError", "display_width", "shortened", "summarise"]

PAGE_WIDTH = 88

# A rule is worth a line when chance explains it badly and more than a few baskets hold
# it: lift alone favours pairs that happened to meet twice.
LARGEST_Q_VALUE = 0.05
LEAST_RULE_BASKETS = 10

# Widths of a list's columns, which fill the page. Two names of a rule need the room.
SEGMENT_GRID = (44, 10, 12, 16)
RULE_GRID = (58, 6, 10, 8)
# What each list may take of a page of 40 lines.
REJECTION_REASONS = 2
RFM_SEGMENTS = 4
SEGMENTS = 4
RULES = 3
TARGETS = 2
WARNINGS = 2

WORDS = {
    "en": {
        "as_of": "as of {}",
        "tables": "Tables  {count} public ones, named pm__..., in {path}",
        "no_info": "(pm__build_info is missing: not a whole build)",
        "customers": "Customers",
        "with_orders": "{share} with a kept order",
        "orders": "Orders kept",
        "between": "{first} to {last}",
        "net_revenue": "Net revenue",
        "anonymous": "{share} from buyers unknown",
        "comma": ", ",
        "order_lines": "Order lines",
        "cleaning": "{accepted} accepted ({share}), {rejected} rejected",
        "rfm": "RFM segments, revenue of their window",
        "segments": "Customer segments",
        "head_customers": "customers",
        "head_revenue": "revenue",
        "head_share": "share of revenue",
        "rules": "Best rules: who buys ... also buys ...",
        "head_lift": "lift",
        "head_confidence": "confidence",
        "head_baskets": "baskets",
        "no_rules": "none that chance does not explain (q < 0.05, 10 baskets or more)",
        "model": "Model grade",
        "purchase": "buys within {} days",
        "churn": "active, will not buy within {} days",
        "verdict": "{label}: {verdict}",
        "between_facts": "; ",
        "auc": "AUC {value} ({lower} to {upper}), baseline {baseline}",
        "gain": "average precision {} over it",
        "grade_A": "grade A, clearly better than the baseline",
        "grade_B": "grade B, better than the baseline by a little",
        "grade_C": "grade C, worse than the baseline: rather use that",
        "grade_insufficient_data": "not enough data: everyone gets the base rate",
        "grade_no_baseline": "no model beats the rule of thumb, which is in use",
        "not_judged": "not judged: no held-back day in the data",
        "readiness": "Before you rely on it",
        "warn": "warn",
        "block": "block",
        "all_fine": "pm__data_readiness has no warning",
        "more": "and {count} more in {table}",
        "not_built": "not built: {} is missing",
        "empty": "nothing to show: {} is empty, the capability is off or lacks data",
    },
    "zh": {
        "as_of": "截至 {}",
        "tables": "数据表  {count} 张公开表，均以 pm__ 开头，位于 {path}",
        "no_info": "（缺少 pm__build_info：构建不完整）",
        "customers": "客户",
        "with_orders": "{share} 有有效订单",
        "orders": "有效订单",
        "between": "{first} 至 {last}",
        "net_revenue": "净收入",
        "anonymous": "{share} 来自匿名买家",
        "comma": "，",
        "order_lines": "订单行",
        "cleaning": "接受 {accepted}（{share}），拒绝 {rejected}",
        "rfm": "RFM 分群（窗口期内收入）",
        "segments": "客户自然分群",
        "head_customers": "客户数",
        "head_revenue": "收入",
        "head_share": "收入占比",
        "rules": "最佳关联规则：买了……也买……",
        "head_lift": "提升度",
        "head_confidence": "置信度",
        "head_baskets": "购物篮",
        "no_rules": "没有显著的规则（q < 0.05，至少 10 个购物篮）",
        "model": "模型评级",
        "purchase": "{} 天内购买",
        "churn": "活跃客户 {} 天内不再购买",
        "verdict": "{label}：{verdict}",
        "between_facts": "；",
        "auc": "AUC {value}（{lower} 至 {upper}），基线 {baseline}",
        "gain": "平均精度较其 {}",
        "grade_A": "评级 A，明显优于基线",
        "grade_B": "评级 B，略优于基线",
        "grade_C": "评级 C，不如基线：建议使用基线",
        "grade_insufficient_data": "数据不足：所有人使用基准购买率",
        "grade_no_baseline": "没有模型优于经验规则，故采用经验规则",
        "not_judged": "未评估：数据中没有留出日期",
        "readiness": "使用前请注意",
        "warn": "警告",
        "block": "阻断",
        "all_fine": "pm__data_readiness 没有警告",
        "more": "另有 {count} 项，见 {table}",
        "not_built": "未构建：缺少 {}",
        "empty": "没有内容：{} 为空，功能已关闭或数据不足",
    },
}


def summarise(
    connection: duckdb.DuckDBPyConnection, *, language: str | None = None
) -> str:
    """Say in at most 40 lines of 88 columns what the public tables hold.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Connection to a built warehouse; read-only will do.
    language : {"en", "zh"}, optional
        Language of the headings; that of the build unless given. Names and advice
        stay in the language they were built in.

    Returns
    -------
    str
        Lines without a closing line break. A part whose table is missing or empty
        says so in its place.

    Raises
    ------
    ValueError
        When the language is unknown.
    NoTablesError
        When there is no public table at all.
    """
    require_language(language)
    tables = PublicTables(connection)
    info = tables.first("build_info", "*") or {}
    words = WORDS[language or info.get("language") or "en"]
    parts = [
        _title(tables, info, words) + _totals(tables, info, words),
        _rfm_segments(tables, words),
        _segments(tables, words),
        _rules(tables, words),
        _model(tables, words),
        _readiness(tables, words),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts)


# -- Parts -----------------------------------------------------------------------------


def _title(
    tables: PublicTables, info: dict[str, Any], words: dict[str, str]
) -> list[str]:
    about = words["no_info"]
    if info:
        about = (
            f"{info['project_version']}, {words['as_of'].format(info['as_of_date'])}"
        )
    # A path is never wrapped: it is there to be copied.
    place = words["tables"].format(path=tables.path, count=tables.count)
    return [f"precision_marketing {about}", place, ""]


def _totals(
    tables: PublicTables, info: dict[str, Any], words: dict[str, str]
) -> list[str]:
    rows = []
    customers = tables.first(
        "customers",
        "count(*) as customer_count,"
        " count(*) filter (where kept_order_count > 0) as buyer_count",
    )
    if customers:
        share = _percent(customers["buyer_count"], customers["customer_count"])
        rows.append(
            (
                words["customers"],
                f"{customers['customer_count']:,}",
                words["with_orders"].format(share=share),
            )
        )
    orders = tables.first(
        "orders",
        "count(*) filter (where not is_return and fully_returned_at is null)"
        " as order_count,"
        " coalesce(sum(net_revenue), 0) as net_revenue,"
        " coalesce(sum(net_revenue) filter (where customer_id is null), 0)"
        " as anonymous_revenue,"
        " cast(min(ordered_at) as date) as first_date,"
        " cast(max(ordered_at) as date) as last_date",
    )
    if not orders:
        return [words["not_built"].format("pm__orders")]
    first, last = orders["first_date"], orders["last_date"]
    between = words["between"].format(first=first, last=last) if first else ""
    rows.append((words["orders"], f"{orders['order_count']:,}", between))
    share = _percent(orders["anonymous_revenue"], orders["net_revenue"])
    remarks = [
        info.get("currency", ""),
        words["anonymous"].format(share=share) if orders["anonymous_revenue"] else "",
    ]
    rows.append(
        (
            words["net_revenue"],
            f"{orders['net_revenue']:,.2f}",
            words["comma"].join(filter(None, remarks)),
        )
    )
    rows.extend(_cleaning(tables, words))
    return _aligned(rows, right=[1])


def _cleaning(
    tables: PublicTables, words: dict[str, str]
) -> list[tuple[str, str, str]]:
    counts = tables.rows(
        "cleaning_summary",
        "rule, action, row_count",
        "where input = 'order_lines' order by row_count desc, rule",
    )
    read = sum(row["row_count"] for row in counts if row["action"] == "read")
    accepted = sum(row["row_count"] for row in counts if row["action"] == "accept")
    reasons = [
        f"{row['rule']} {row['row_count']:,}"
        for row in counts
        if row["action"] == "reject" and row["row_count"]
    ]
    if not counts:
        return []
    verdict = words["cleaning"].format(
        accepted=f"{accepted:,}",
        share=_percent(accepted, read),
        rejected=f"{read - accepted:,}",
    )
    rows = [(words["order_lines"], f"{read:,}", verdict)]
    if reasons:
        most = reasons[:REJECTION_REASONS]
        dots = ["..."] if len(reasons) > len(most) else []
        rows.append(("", "", ", ".join(most + dots)))
    return rows


def _rfm_segments(tables: PublicTables, words: dict[str, str]) -> list[str]:
    segments = tables.rows(
        "rfm_segments",
        "rfm_segment_label as name, customer_count, revenue, share_of_revenue as share",
        "where customer_count > 0 order by revenue desc, rfm_segment",
    )
    return _segment_list("rfm", "rfm_segments", segments, RFM_SEGMENTS, tables, words)


def _segments(tables: PublicTables, words: dict[str, str]) -> list[str]:
    segments = tables.rows(
        "segment_profiles",
        "segment_name as name, max(customer_count) as customer_count,"
        " max(net_revenue) as revenue,"
        " cast(max(net_revenue) as double)"
        " / nullif(cast(sum(max(net_revenue)) over () as double), 0) as share",
        "group by segment_id, segment_name order by revenue desc, segment_id",
    )
    return _segment_list(
        "segments", "segment_profiles", segments, SEGMENTS, tables, words
    )


def _segment_list(
    title: str,
    table: str,
    segments: list[dict[str, Any]],
    most: int,
    tables: PublicTables,
    words: dict[str, str],
) -> list[str]:
    if not segments:
        return [words[title], _absent(table, tables, words)]
    heads = (
        words[title],
        words["head_customers"],
        words["head_revenue"],
        words["head_share"],
    )
    rows = [
        (
            "  " + shortened(segment["name"], SEGMENT_GRID[0] - 2),
            f"{segment['customer_count']:,}",
            f"{segment['revenue']:,.0f}",
            _percent(segment["share"], 1),
        )
        for segment in segments[:most]
    ]
    return [
        *_aligned([heads, *rows], right=[1, 2, 3], least_widths=SEGMENT_GRID),
        *_more(segments, most, table, words),
    ]


def _rules(tables: PublicTables, words: dict[str, str]) -> list[str]:
    table = "association_rules"
    rules = tables.rows(
        table,
        "coalesce(antecedent_name, antecedent_key) as antecedent,"
        " coalesce(consequent_name, consequent_item) as consequent,"
        " lift, confidence, basket_count",
        f"where q_value < {LARGEST_Q_VALUE} and basket_count >= {LEAST_RULE_BASKETS}"
        " and antecedent_item_count = 1"
        # Both directions of a pair share one lift: the surer one speaks for both.
        " qualify row_number() over ("
        " partition by least(antecedent_items[1], consequent_item),"
        " greatest(antecedent_items[1], consequent_item)"
        " order by confidence desc, antecedent_key) = 1"
        " order by lift desc, basket_count desc, antecedent_key, consequent_item"
        f" limit {RULES}",
    )
    if not rules:
        is_empty = not tables.first(table, "1 as one", "limit 1")
        absent = _absent(table, tables, words) if is_empty else "  " + words["no_rules"]
        return [words["rules"], absent]
    heads = (
        words["rules"],
        words["head_lift"],
        words["head_confidence"],
        words["head_baskets"],
    )
    rows = [
        (
            "  " + _pair(rule["antecedent"], rule["consequent"]),
            f"{rule['lift']:,.1f}",
            _percent(rule["confidence"], 1),
            f"{rule['basket_count']:,}",
        )
        for rule in rules
    ]
    return _aligned([heads, *rows], right=[1, 2, 3], least_widths=RULE_GRID)


def _model(tables: PublicTables, words: dict[str, str]) -> list[str]:
    table = "model_evaluation"
    scores = tables.rows(
        "customer_scores",
        "target, model_version, min(status) as status,"
        " min(horizon_days) as horizon_days",
        "group by target, model_version"
        " order by case target when 'purchase' then 0 when 'churn' then 1 else 2 end,"
        " target, model_version",
    )
    if not scores:
        return [words["model"], _absent("customer_scores", tables, words)]
    lines = [words["model"]]
    for score in scores[:TARGETS]:
        label = words.get(score["target"], score["target"]).format(
            score["horizon_days"]
        )
        metrics = {
            row["metric"]: row
            for row in tables.rows(
                table,
                "*",
                f"where target = '{score['target']}'"
                f" and final_model_version = '{score['model_version']}'"
                " order by evaluation_date",
            )
        }
        verdict = _verdict(score["status"], metrics, words)
        lines.append("  " + words["verdict"].format(label=label, verdict=verdict))
        lines.extend(_evidence(metrics, words))
    return lines


def _verdict(status: str, metrics: dict[str, dict], words: dict[str, str]) -> str:
    if status == "insufficient_data":
        return words["grade_insufficient_data"]
    if not metrics:
        return words["not_judged"]
    grade = next(iter(metrics.values()))["grade"]
    return words[f"grade_{grade}"]


def _evidence(metrics: dict[str, dict], words: dict[str, str]) -> list[str]:
    facts = []
    auc = metrics.get("auc")
    if auc and auc["value"] is not None:
        facts.append(
            words["auc"].format(
                value=_decimals(auc["value"]),
                lower=_decimals(auc["lower"]),
                upper=_decimals(auc["upper"]),
                baseline=_decimals(auc["baseline_value"]),
            )
        )
    gain = metrics.get("average_precision_gain")
    if gain and gain["value"] is not None:
        facts.append(words["gain"].format(f"{100 * gain['value']:+.1f} %"))
    return ["    " + words["between_facts"].join(facts)] if facts else []


def _readiness(tables: PublicTables, words: dict[str, str]) -> list[str]:
    table = "data_readiness"
    if not tables.has(table):
        return [words["readiness"], _absent(table, tables, words)]
    warnings = tables.rows(
        table,
        "capability, advice, requirement, status",
        "where status != 'ok' order by status, capability, requirement",
    )
    if not warnings:
        return [words["readiness"], "  " + words["all_fine"]]
    shown = [
        (
            f"  {words.get(warning['status'], warning['status'])}",
            warning["capability"],
            warning["advice"] or warning["requirement"],
        )
        for warning in warnings[:WARNINGS]
    ]
    heads = _aligned([(status, subject, "|") for status, subject, _ in shown], right=[])
    lines = [words["readiness"]]
    for head, (_, _, advice) in zip(heads, shown, strict=True):
        lines.extend(_wrapped(head.removesuffix("  |"), advice))
    return lines + _more(warnings, WARNINGS, table, words)


# -- Text ------------------------------------------------------------------------------


def _absent(table: str, tables: PublicTables, words: dict[str, str]) -> str:
    kind = "empty" if tables.has(table) else "not_built"
    return "  " + words[kind].format(PREFIX + table)


def _more(
    rows: Sequence[Any], most: int, table: str, words: dict[str, str]
) -> list[str]:
    if len(rows) <= most:
        return []
    return ["  " + words["more"].format(count=len(rows) - most, table=PREFIX + table)]


def _percent(part: float | Decimal | None, whole: float | Decimal | None) -> str:
    if part is None or not whole:
        return ""
    return f"{100 * float(part) / float(whole):.1f} %"


def _decimals(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def display_width(text: str) -> int:
    """Columns that a terminal gives to a text: two for each wide character."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def shortened(text: str, width: int) -> str:
    """The text, cut with "..." when it needs more than so many columns."""
    if display_width(text) <= width:
        return text
    while text and display_width(text) > width - 3:
        text = text[:-1]
    return text.rstrip() + "..."


def _padded(text: str, width: int, *, is_right: bool) -> str:
    space = " " * (width - display_width(text))
    return space + text if is_right else text + space


def _pair(antecedent: str, consequent: str) -> str:
    """Both names, cut as little as the first column of the grid allows."""
    room = RULE_GRID[0] - len("  " + " -> ")
    width, other_width = display_width(antecedent), display_width(consequent)
    half = room // 2
    if width + other_width > room:
        if width <= half:
            consequent = shortened(consequent, room - width)
        elif other_width <= half:
            antecedent = shortened(antecedent, room - other_width)
        else:
            antecedent = shortened(antecedent, half)
            consequent = shortened(consequent, half)
    return f"{antecedent} -> {consequent}"


def _aligned(
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int],
    least_widths: Sequence[int] = (0, 0, 0),
) -> list[str]:
    """Rows as lines with columns two apart, each at most a page wide."""
    widths = [
        max(least, *map(display_width, column))
        for least, column in zip(least_widths, zip(*rows, strict=True), strict=True)
    ]
    return [
        shortened(
            "  ".join(
                _padded(text, width, is_right=position in right)
                for position, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip(),
            PAGE_WIDTH,
        )
        for row in rows
    ]


def _wrapped(head: str, text: str) -> list[str]:
    """A head and a text beside it, cut after two lines."""
    room = PAGE_WIDTH - display_width(head) - 2
    if display_width(text) > len(text):
        # Chinese breaks between any two characters.
        text = shortened(text, 2 * room - 2)
        first = next(
            end for end in range(len(text), -1, -1) if display_width(text[:end]) <= room
        )
        lines = [text[:first], text[first:]] if text[first:] else [text]
    else:
        lines = textwrap.wrap(text, room, max_lines=2, placeholder=" ...")
    indent = " " * (display_width(head) + 2)
    return [head + "  " + lines[0], *(indent + line for line in lines[1:])]
