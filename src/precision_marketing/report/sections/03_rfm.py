"""Who is recent, frequent and valuable, and what to do about each group."""

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
from precision_marketing.report.charts import (
    Cell,
    heat_map,
)
from precision_marketing.report.shares import WORDS as SHARE_WORDS
from precision_marketing.report.shares import share_bars
from precision_marketing.report.words import Words, count, percent

SCORES = (1, 2, 3, 4, 5)
# Good customers who have gone quiet.
QUIET = ("at_risk", "cant_lose")

WORDS = {
    "en": {
        **SHARE_WORDS["en"],
        "lead": (
            "“{segment}” are {customers} of all customers and bring {revenue} of the"
            " revenue."
        ),
        "lead_nothing": "The revenue of all segments comes to nothing in sum.",
        "quiet": (
            "{count} customers who used to buy well have gone quiet; they brought"
            " {revenue}."
        ),
        "how": (
            "Each customer has a score from 1 to 5 for how lately they bought (R) and"
            " one for how often and how much (FM); 5 is best. Segments are named after"
            " the pair; revenue is that of the days that scores look back on."
        ),
        "grid": "Customers by score",
        "grid_seen": "A grid of five by five; most customers, {most}, have {place}.",
        "place": "R {r} and FM {fm}",
        "r": "R {score}",
        "fm": "FM {score}",
        "recency": "long ago … how lately they bought … just now",
        "shares": "Share of customers and of revenue by segment",
        "table": "RFM segments and what to do",
        "segment": "Segment",
        "customers": "Customers",
        "revenue": "Revenue",
        "share": "Share of revenue",
        "recency_days": "Days since the last order",
        "action": "Recommended action",
    },
    "zh": {
        **SHARE_WORDS["zh"],
        "lead": "“{segment}”占客户的 {customers}，贡献收入的 {revenue}。",
        "lead_nothing": "各分群收入合计为零。",
        "quiet": "{count} 位曾经的优质客户已沉默，他们曾带来 {revenue}。",
        "how": (
            "每位客户有两个 1 至 5 的分数：最近购买（R）与购买频次及金额（FM），"
            "5 为最好；分群按这两个分数命名，收入为评分回溯期内的收入。"
        ),
        "grid": "各分数的客户数",
        "grid_seen": "五乘五的格子；客户最多的是 {place}，共 {most} 位。",
        "place": "R {r}、FM {fm}",
        "r": "R {score}",
        "fm": "FM {score}",
        "recency": "很久以前 … 最近一次购买 … 刚刚",
        "shares": "各分群的客户占比与收入占比",
        "table": "RFM 分群与建议行动",
        "segment": "分群",
        "customers": "客户数",
        "revenue": "收入",
        "share": "收入占比",
        "recency_days": "距上次下单天数",
        "action": "建议行动",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    segments = read.rows(
        "rfm_segments",
        "*",
        "where customer_count > 0 order by revenue desc, rfm_segment",
    )
    best = segments[0]
    sentences = [
        words(
            "lead" if best["share_of_revenue"] is not None else "lead_nothing",
            segment=best["rfm_segment_label"],
            customers=percent(best["share_of_customers"]),
            revenue=percent(best["share_of_revenue"]),
        )
    ]
    quiet = [segment for segment in segments if segment["rfm_segment"] in QUIET]
    if quiet:
        sentences.append(
            words(
                "quiet",
                count=count(sum(segment["customer_count"] for segment in quiet)),
                revenue=words.money(sum(segment["revenue"] for segment in quiet)),
            )
        )
    yield Text(words.sentences(*sentences))
    yield Text(words("how"))
    yield _grid(read, words)
    yield share_bars(
        segments,
        words,
        name="rfm_segment_label",
        table="rfm_segments",
        told=3,
    )
    yield _table(segments, words)


def _grid(read: Reader, words: Words) -> Chart:
    found = {
        (row["r_score"], row["fm_score"]): row["customer_count"]
        for row in read.rows(
            "rfm_scores",
            "r_score, fm_score, count(*) as customer_count",
            "group by r_score, fm_score order by r_score, fm_score",
        )
    }
    cells = [
        Cell(
            words("fm", score=fm),
            words("r", score=r),
            found.get((r, fm)),
            count(found.get((r, fm), 0)),
        )
        for fm in SCORES
        for r in SCORES
    ]
    (r, fm), most = max(found.items(), key=lambda item: item[1])
    return Chart(
        title=words("grid"),
        description=words(
            "grid_seen", place=words("place", r=r, fm=fm), most=count(most)
        ),
        draw=lambda width: heat_map(
            cells,
            rows=[words("fm", score=score) for score in reversed(SCORES)],
            columns=[words("r", score=score) for score in SCORES],
            width=width,
            column_title=words("recency"),
            row_height=34,
            is_skewed=True,
        ),
        tables=["rfm_scores"],
    )


def _table(segments: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("table"),
        columns=[
            Column(words("segment")),
            Column(words("action"), is_long=True),
            Column(words("customers"), is_number=True),
            Column(words("revenue"), is_number=True),
            Column(words("share"), is_number=True),
            Column(words("recency_days"), is_number=True),
        ],
        rows=[
            (
                segment["rfm_segment_label"],
                segment["recommended_action"],
                count(segment["customer_count"]),
                words.money(segment["revenue"]),
                percent(segment["share_of_revenue"]),
                count(segment["mean_recency_days"]),
            )
            for segment in segments
        ],
        tables=["rfm_segments"],
    )


SECTION = Section(
    title={"en": "Recent, frequent, valuable (RFM)", "zh": "最近、频次与金额（RFM）"},
    needs=("rfm_scores", "rfm_segments"),
    filled_by={
        "en": (
            "It is filled by order lines with a customer_id; the setting"
            " pm_enable_rfm switches it on and off."
        ),
        "zh": "需要带有 customer_id 的订单行；由设置 pm_enable_rfm 开关。",
    },
    words=WORDS,
    blocks=_blocks,
)
