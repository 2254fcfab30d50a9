"""What is offered to customers, and how good such lists were on held-back days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import altair as alt

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Chart,
    Column,
    Notice,
    Reader,
    Row,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import SERIES, data, text_width
from precision_marketing.report.words import Words, count, decimals, percent, ratio

LISTS = ("discover", "buy_again")
# The list length that is told of, and the method that fills the lists.
K, SERVED = 10, "blend"
IN_USE, OTHER = SERIES[1], SERIES[0]
POPULAR_EVERYWHERE, TOP_ROWS = "all", 10

WORDS = {
    "en": {
        "discover": "new items",
        "buy_again": "items to buy again",
        "lead": (
            "Of customers who came back, {share} bought one of the {k} {list} on their"
            " list; what is popular would have met {popular}."
        ),
        "lead_better": (
            "By how high on the lists that stood, they are {lift} times as good as the"
            " better of two popular lists ({lower} to {upper}): better beyond chance."
        ),
        "lead_even": (
            "By how high on the lists that stood, they are not shown to be better than"
            " the better of two popular lists."
        ),
        "lead_worse": (
            "By how high on the lists that stood, they are only {lift} times as good"
            " as the better of two popular lists ({lower} to {upper}): worse beyond"
            " chance."
        ),
        "how": (
            "Each method was judged on days held back, by customers whose later"
            " purchases it had not seen. Lines are intervals of 95 %. “Against"
            " popular” compares how high on the lists purchases stood (NDCG) with the"
            " better of “popular” and “popular lately”; the verdict rests on its"
            " interval of 95 %, not on the customers met."
        ),
        "none": "Nobody came back on days held back: no list could be judged.",
        "few": "Only {count} customers could be judged: read the intervals.",
        "chart": "Customers who bought something on a list of {k}: {list}",
        "chart_seen": "A dot and an interval a method; {best} is highest with {share}.",
        "in_use": "in use",
        "other": "other methods",
        "table": "On held-back days, lists of {k}: {list}",
        "method": "Method",
        "hit_rate": "Customers met",
        "precision": "Items bought",
        "lift": "Against popular",
        "interval": "Interval",
        "coverage": "Items ever shown",
        "verdict": "Verdict",
        "better": "better",
        "even": "not shown to be better",
        "worse": "worse",
        "reference": "reference",
        "offered": "What is offered most as new, today",
        "customers": "Customers",
        "share": "Share of those with a list",
        "popular": "What sells lately, for visitors nobody knows",
        "item": "Item",
        "category": "Category",
        "buyers": "Buyers",
        "method_blend": "blend of methods",
        "method_bm25": "bought together (BM25)",
        "method_content": "alike in content",
        "method_cosine": "bought together (cosine)",
        "method_country_popularity": "popular in the country",
        "method_embedding": "alike in embedding",
        "method_item_loyalty": "loyal to items",
        "method_jaccard": "bought together (Jaccard)",
        "method_personal_frequency": "bought often",
        "method_personal_recency": "bought lately",
        "method_popularity": "popular",
        "method_random": "random",
        "method_recent_popularity": "popular lately",
        "method_repurchase_cycle": "due again",
        "method_rules": "rules",
        "method_segment_popularity": "popular in the segment",
        "method_tfidf": "bought together (TF-IDF)",
        "method_trending": "trending",
        "method_user_neighbours": "similar customers",
        "method_als": "matrix factorisation",
    },
    "zh": {
        "discover": "新品",
        "buy_again": "复购商品",
        "lead": (
            "在再次购买的客户中，{share} 购买了推荐的 {k} 件{list}之一，"
            "热门商品可命中 {popular}。"
        ),
        "lead_better": (
            "按命中商品的排名衡量，推荐为较好热门列表的 {lift} 倍"
            "（{lower} 至 {upper}），优势超出偶然。"
        ),
        "lead_even": "按命中商品的排名衡量，尚不能证明推荐优于较好的热门列表。",
        "lead_worse": (
            "按命中商品的排名衡量，推荐仅为较好热门列表的 {lift} 倍"
            "（{lower} 至 {upper}），差距超出偶然。"
        ),
        "how": (
            "各方法均在留出的日期上评估，所用购买此前未曾见过；横线为 95 % 区间。"
            "“相对热门”为命中商品排名的质量（NDCG）与“热门”和“近期热门”中较好者"
            "之比；结论取决于其 95 % 区间，而非命中客户的比例。"
        ),
        "none": "留出的日期上没有客户再次购买：无法评估推荐列表。",
        "few": "只有 {count} 位客户可供评估：请留意区间。",
        "chart": "在 {k} 件推荐中买了至少一件的客户：{list}",
        "chart_seen": "每种方法一个点和区间；最高为{best}，{share}。",
        "in_use": "使用中",
        "other": "其他方法",
        "table": "留出日期上的效果（{k} 件）：{list}",
        "method": "方法",
        "hit_rate": "命中客户",
        "precision": "被买商品",
        "lift": "相对热门",
        "interval": "区间",
        "coverage": "曾展示商品",
        "verdict": "结论",
        "better": "更好",
        "even": "未证明更好",
        "worse": "更差",
        "reference": "参照",
        "offered": "当前最常推荐的新品",
        "customers": "客户数",
        "share": "占有推荐列表的客户",
        "popular": "近期热销（适用于未知访客）",
        "item": "商品",
        "category": "品类",
        "buyers": "买家",
        "method_blend": "方法融合",
        "method_bm25": "一起购买（BM25）",
        "method_content": "内容相似",
        "method_cosine": "一起购买（余弦）",
        "method_country_popularity": "本国热门",
        "method_embedding": "向量相似",
        "method_item_loyalty": "商品忠诚",
        "method_jaccard": "一起购买（Jaccard）",
        "method_personal_frequency": "常买",
        "method_personal_recency": "最近买过",
        "method_popularity": "热门",
        "method_random": "随机",
        "method_recent_popularity": "近期热门",
        "method_repurchase_cycle": "到期复购",
        "method_rules": "关联规则",
        "method_segment_popularity": "分群热门",
        "method_tfidf": "一起购买（TF-IDF）",
        "method_trending": "上升趋势",
        "method_user_neighbours": "相似客户",
        "method_als": "矩阵分解",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    rows = read.rows(
        "recommender_evaluation",
        "*",
        f"where k = {K} order by list, hit_rate desc nulls last, method",
    )
    judged = {
        name: found
        for name in LISTS
        if (found := [row for row in rows if row["list"] == name and _is_judged(row)])
    }
    sentences = [
        sentence for name in judged for sentence in _lead(name, judged[name], words)
    ]
    if sentences:
        yield Text(words.sentences(*sentences))
        yield Text(words("how"))
    fewest = min((found[0]["customer_count"] for found in judged.values()), default=0)
    if not judged:
        yield Notice(words("none"))
    elif fewest < 50:
        yield Notice(words("few", count=count(fewest)))
    if judged:
        yield Row([_chart(name, found, words) for name, found in judged.items()])
        for name, found in judged.items():
            yield _table(name, found, words)
    offered = read.rows(
        "customer_recommendations",
        "item_id, min(item_name) as item_name, min(category) as category,"
        " count(*) as customer_count",
        f"where list = '{LISTS[0]}' group by item_id"
        f" order by customer_count desc, item_id limit {TOP_ROWS}",
    )
    if offered:
        yield _offered(read, offered, words)
    popular = read.rows(
        "popular_items",
        "item_name, item_id, category, buyer_count",
        f"where country = '{POPULAR_EVERYWHERE}' order by rank limit {TOP_ROWS}",
    )
    if popular:
        yield _popular(popular, words)


def _is_judged(row: dict) -> bool:
    return bool(row["customer_count"]) and row["hit_rate"] is not None


def _method(row: dict, words: Words) -> str:
    return words.of_code("method", row["method"])


def _lead(name: str, rows: Sequence[dict], words: Words) -> Iterator[str]:
    methods = {row["method"]: row for row in rows}
    served, popular = methods.get(SERVED), methods.get("popularity")
    if served and popular:
        yield words(
            "lead",
            k=K,
            list=words(name),
            share=percent(served["hit_rate"]),
            popular=percent(popular["hit_rate"]),
        )
        # Customers met have no interval against each other: the verdict is another
        # measure's, and says which.
        yield words(
            f"lead_{_verdict(served)}",
            lift=decimals(served["lift_over_popularity"]),
            lower=decimals(served["lift_over_popularity_lower"]),
            upper=decimals(served["lift_over_popularity_upper"]),
        )


def _verdict(row: dict) -> str:
    lower, upper = row["lift_over_popularity_lower"], row["lift_over_popularity_upper"]
    if row["method"] in ("popularity", "recent_popularity"):
        return "reference"
    if lower is not None and lower > 1:
        return "better"
    return "worse" if upper is not None and upper < 1 else "even"


def _chart(name: str, rows: Sequence[dict], words: Words) -> Chart:
    best = rows[0]
    return Chart(
        title=words("chart", k=K, list=words(name)),
        description=words(
            "chart_seen", best=_method(best, words), share=percent(best["hit_rate"])
        ),
        draw=lambda width: _intervals(rows, width, words),
        tables=["recommender_evaluation"],
        legend=[(IN_USE, words("in_use")), (OTHER, words("other"))],
        size="half",
    )


def _intervals(rows: Sequence[dict], width: int, words: Words) -> alt.LayerChart:
    shown = [
        {
            "method": _method(row, words),
            "value": row["hit_rate"],
            "lower": row["hit_rate_lower"],
            "upper": row["hit_rate_upper"],
            "colour": IN_USE if row["method"] == SERVED else OTHER,
        }
        for row in rows
    ]
    names = [row["method"] for row in shown]
    room = min(max(map(text_width, names)), 0.45 * width)
    base = alt.Chart(data(shown)).encode(
        y=alt.Y(
            "method:N",
            sort=names,
            axis=alt.Axis(
                title=None,
                grid=False,
                labelOverlap=False,
                labelLimit=room,
                minExtent=room,
                maxExtent=room,
            ),
        ),
        x=alt.X(
            "value:Q",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(format=".0%", tickCount=4, title=None, grid=True),
        ),
    )
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(
            x="lower:Q", x2="upper:Q", stroke=alt.Stroke("colour:N", scale=None)
        ),
        base.mark_point(size=60, opacity=1, strokeWidth=0).encode(
            fill=alt.Fill("colour:N", scale=None)
        ),
    ).properties(height=40 + 24 * len(shown))


def _table(name: str, rows: Sequence[dict], words: Words) -> Table:
    tones = {"better": "good", "worse": "poor", "even": "fair", "reference": "fair"}
    return Table(
        title=words("table", k=K, list=words(name)),
        columns=[
            Column(words("method")),
            Column(words("hit_rate"), is_number=True),
            Column(words("precision"), is_number=True),
            Column(words("lift"), is_number=True),
            Column(words("interval"), is_number=True),
            Column(words("coverage"), is_number=True),
            Column(words("verdict")),
        ],
        rows=[
            (
                _method(row, words),
                percent(row["hit_rate"]),
                percent(row["precision"]),
                decimals(row["lift_over_popularity"]),
                f"{decimals(row['lift_over_popularity_lower'])} –"
                f" {decimals(row['lift_over_popularity_upper'])}",
                percent(row["coverage"], 0),
                Badge(words(_verdict(row)), tones[_verdict(row)]),
            )
            for row in rows
        ],
        tables=["recommender_evaluation"],
    )


def _offered(read: Reader, rows: Sequence[dict], words: Words) -> Table:
    # Each customer with a list has a first place on it.
    listed = read.first(
        "customer_recommendations",
        "count(*) as customer_count",
        f"where list = '{LISTS[0]}' and rank = 1",
    )
    return Table(
        title=words("offered"),
        columns=[
            Column(words("item")),
            Column(words("category")),
            Column(words("customers"), is_number=True),
            Column(words("share"), is_number=True),
        ],
        rows=[
            (
                row["item_name"] or row["item_id"],
                row["category"] or "",
                count(row["customer_count"]),
                percent(ratio(row["customer_count"], listed["customer_count"]), 0),
            )
            for row in rows
        ],
        tables=["customer_recommendations"],
    )


def _popular(rows: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("popular"),
        columns=[
            Column(words("item")),
            Column(words("category")),
            Column(words("buyers"), is_number=True),
        ],
        rows=[
            (
                row["item_name"] or row["item_id"],
                row["category"] or "",
                count(row["buyer_count"]),
            )
            for row in rows
        ],
        tables=["popular_items"],
    )


SECTION = Section(
    title={"en": "Recommendations", "zh": "商品推荐"},
    needs=("recommender_evaluation",),
    reads=("customer_recommendations", "popular_items"),
    filled_by={
        "en": (
            "It is filled by customers who come back over several months of order"
            " lines; the setting pm_enable_recommendations switches it on and off."
        ),
        "zh": (
            "需要多个月份中再次购买的客户订单行；"
            "由设置 pm_enable_recommendations 开关。"
        ),
    },
    words=WORDS,
    blocks=_blocks,
)
