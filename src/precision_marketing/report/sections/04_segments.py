"""The groups that customers form by themselves, in words, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Column,
    Notice,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.shares import WORDS as SHARE_WORDS
from precision_marketing.report.shares import share_bars
from precision_marketing.report.words import Words, count, decimals, percent

# From here on a rule in plain words stands in for the segment.
GOOD_RULE, FAIR_RULE = 0.9, 0.7

WORDS = {
    "en": {
        **SHARE_WORDS["en"],
        "lead": (
            "Customers fall into {count} groups. “{segment}” are {customers} of"
            " customers and bring {revenue} of revenue."
        ),
        "lead_nothing": (
            "Customers fall into {count} groups; their revenue comes to nothing in sum."
        ),
        "lead_one": "All customers are in one group: “{segment}”.",
        "doubt": (
            "No number of segments gave groups that are both large and stable: take"
            " these as a rough guide."
        ),
        "how": (
            "The groups were found by {algorithm} among {candidates} candidates; a"
            " score of how far they hold when customers are drawn anew: {stability}"
            " (1 is best)."
        ),
        "shares": "Share of revenue and of customers by segment",
        "actions": "What to do about each segment",
        "rules": "Who is in it: a rule that anyone can apply",
        "segment": "Segment",
        "customers": "Customers",
        "revenue": "Revenue",
        "rule": "Rule in plain words",
        "precision": "Rule right",
        "items": "Typical items",
        "action": "Recommended action",
        "no_rule": "no short rule found",
        "algorithm_kmeans": "K-means",
        "algorithm_ward": "Ward's method",
        "algorithm_dbscan": "DBSCAN",
        "algorithm_hdbscan": "HDBSCAN",
    },
    "zh": {
        **SHARE_WORDS["zh"],
        "lead": (
            "客户分成 {count} 群。“{segment}”占客户的 {customers}，"
            "贡献收入的 {revenue}。"
        ),
        "lead_nothing": "客户分成 {count} 群，各群收入合计为零。",
        "lead_one": "所有客户同属一群：“{segment}”。",
        "doubt": "没有一种分群数同时足够大且稳定：以下结果仅供参考。",
        "how": (
            "分群由 {algorithm} 从 {candidates} 个候选方案中选出；"
            "重新抽样后的一致程度为 {stability}（1 为最好）。"
        ),
        "shares": "各分群的收入占比与客户占比",
        "actions": "各分群的建议行动",
        "rules": "谁属于该分群：人人可用的规则",
        "segment": "分群",
        "customers": "客户数",
        "revenue": "收入",
        "rule": "通俗规则",
        "precision": "规则准确率",
        "items": "典型商品",
        "action": "建议行动",
        "no_rule": "没有简短规则",
        "algorithm_kmeans": "K 均值",
        "algorithm_ward": "Ward 法",
        "algorithm_dbscan": "DBSCAN",
        "algorithm_hdbscan": "HDBSCAN",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    segments = read.rows("segments", "*", "order by net_revenue desc, segment_id")
    best = segments[0]
    yield Text(
        words("lead_one", segment=best["segment_name"])
        if len(segments) == 1
        else words(
            "lead" if best["share_of_revenue"] is not None else "lead_nothing",
            count=len(segments),
            segment=best["segment_name"],
            customers=percent(best["share_of_customers"]),
            revenue=percent(best["share_of_revenue"]),
        )
    )
    chosen = read.first(
        "segment_model_selection",
        "algorithm, stability_ari, is_fallback, (count(*) over ()) as candidate_count",
        "qualify is_champion order by algorithm, parameters",
    )
    if chosen and chosen["is_fallback"]:
        yield Notice(words("doubt"))
    yield share_bars(
        segments,
        words,
        name="segment_name",
        table="segments",
        told=len(segments),
    )
    yield _actions(segments, words)
    yield _rules(segments, words)
    if chosen and chosen["stability_ari"] is not None:
        yield Text(
            words(
                "how",
                algorithm=words.of_code("algorithm", chosen["algorithm"]),
                candidates=count(chosen["candidate_count"]),
                stability=decimals(chosen["stability_ari"]),
            )
        )


def _actions(segments: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("actions"),
        columns=[
            Column(words("segment"), is_long=True),
            Column(words("action"), is_long=True),
            Column(words("customers"), is_number=True),
            Column(words("revenue"), is_number=True),
        ],
        rows=[
            (
                segment["segment_name"],
                segment["recommended_action"] or "",
                count(segment["customer_count"]),
                words.money(segment["net_revenue"]),
            )
            for segment in segments
        ],
        tables=["segments"],
    )


def _rules(segments: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("rules"),
        columns=[
            Column(words("segment"), is_long=True),
            Column(words("rule"), is_long=True),
            Column(words("precision")),
            Column(words("items"), is_long=True),
        ],
        rows=[
            (
                segment["segment_name"],
                segment["rule"] or words("no_rule"),
                _precision(segment["rule_precision"]),
                segment["typical_items"] or "",
            )
            for segment in segments
        ],
        tables=["segments"],
    )


def _precision(value: float | None) -> str | Badge:
    if value is None:
        return percent(None)
    tone = "good" if value >= GOOD_RULE else "fair" if value >= FAIR_RULE else "poor"
    return Badge(percent(value), tone)


SECTION = Section(
    title={"en": "Segments of customers", "zh": "客户分群"},
    needs=("segments",),
    reads=("segment_model_selection",),
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
