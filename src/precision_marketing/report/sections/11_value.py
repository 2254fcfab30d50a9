"""What customers will be worth, and how far such forecasts held."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Chart,
    Column,
    Notice,
    Reader,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import (
    SERIES,
    Bar,
    columns_over_time,
    labelled_bars,
)
from precision_marketing.report.words import (
    Words,
    count,
    decimals,
    percent,
    ratio,
    signed_percent,
)

PREDICTED, CAME = SERIES[0], SERIES[1]
TONES = {"A": "good", "B": "fair"}
MOST_VALUABLE = 0.1
# 1, 2, 5, 10, 20, 50 ...: values of customers span several powers of ten.
EDGES = [step * 10**power for power in range(8) for step in (1, 2, 5)]

WORDS = {
    "en": {
        "lead": (
            "Over the next {months} months today's customers are worth {value}; the"
            " most valuable tenth of them hold {share} of it."
        ),
        "lead_nothing": (
            "Over the next {months} months today's customers are worth {value}."
        ),
        "pace": "At the pace so far, as if nobody left, it would be {baseline}.",
        "test_good": (
            "On {days} days held back the forecast was {ratio} times what came, the"
            " pace so far {baseline} times."
        ),
        "weak": (
            "On days held back this forecast was no better than the pace so far: use it"
            " to rank, not to plan money."
        ),
        "far": (
            "In total this forecast was further off than the pace so far on days held"
            " back: use it to rank, not to plan money."
        ),
        "little": (
            "There is too little data for a model of value: what follows is what each"
            " customer brought so far, carried on at the same pace."
        ),
        "distribution": "Customers by predicted value, next {months} months",
        "distribution_seen": (
            "Columns by value; most customers, {most}, lie in {place}."
        ),
        "under": "under 1",
        "over": "{lower} and more",
        "between": "{lower}–{upper}",
        "calibration": "Forecast and outcome on days held back, by tenth of customers",
        "calibration_seen": (
            "Two bars a tenth; the best tenth was forecast at {predicted} a customer"
            " and brought {came}."
        ),
        "predicted": "forecast a customer",
        "came": "came a customer",
        "tenth": "Tenth {decile}",
        "deciles": "Tenths of customers on {days} days held back",
        "decile": "Tenth",
        "customers": "Customers",
        "buyers": "Bought",
        "predicted_orders": "Orders forecast, each",
        "orders": "Orders, each",
        "predicted_value": "Forecast",
        "value": "Came",
        "evaluation": "How far the forecasts held",
        "model": "Model",
        "error": "Mean error a customer",
        "reduction": "Less error than the pace so far",
        "total": "Forecast by outcome",
        "top": "Of the best fifth found",
        "grade": "Grade",
        "grade_A": "A, clearly better",
        "grade_B": "B, a little better",
        "grade_C": "C, not better",
        "grade_insufficient_data": "not enough data",
        "grade_no_baseline": "nothing to compare with",
        "model_bg_nbd": "BG/NBD",
        "model_mbg_nbd": "MBG/NBD",
        "model_two_stage": "two-stage spend model",
    },
    "zh": {
        "lead": (
            "未来 {months} 个月现有客户价值 {value}；最有价值的十分之一占 {share}。"
        ),
        "lead_nothing": "未来 {months} 个月现有客户价值 {value}。",
        "pace": "若按迄今节奏（假设无人离开）则为 {baseline}。",
        "test_good": (
            "在留出的 {days} 天上，预测为实际的 {ratio} 倍，迄今节奏为 {baseline} 倍。"
        ),
        "weak": "在留出日期上该预测不优于迄今节奏：可用于排序，勿用于资金规划。",
        "far": (
            "在留出日期上该预测的总额比迄今节奏偏差更大：可用于排序，勿用于资金规划。"
        ),
        "little": "数据不足以建模：价值按每位客户迄今节奏推算。",
        "distribution": "按预测价值划分的客户（未来 {months} 个月）",
        "distribution_seen": "按价值的柱形；客户最多的区间为 {place}，共 {most} 位。",
        "under": "小于 1",
        "over": "{lower} 以上",
        "between": "{lower}–{upper}",
        "calibration": "留出日期上的预测与实际（按客户十分位）",
        "calibration_seen": (
            "每个十分位两条；最好的十分位预测每人 {predicted}，实际 {came}。"
        ),
        "predicted": "每人预测",
        "came": "每人实际",
        "tenth": "第 {decile} 十分位",
        "deciles": "留出 {days} 天上的客户十分位",
        "decile": "十分位",
        "customers": "客户数",
        "buyers": "购买人数",
        "predicted_orders": "每人预测订单",
        "orders": "每人实际订单",
        "predicted_value": "预测",
        "value": "实际",
        "evaluation": "预测是否可靠",
        "model": "模型",
        "error": "每人平均误差",
        "reduction": "较迄今节奏误差减少",
        "total": "预测与实际之比",
        "top": "找出最好五分之一的比例",
        "grade": "评级",
        "grade_A": "A，明显更好",
        "grade_B": "B，略好",
        "grade_C": "C，没有更好",
        "grade_insufficient_data": "数据不足",
        "grade_no_baseline": "无可比较",
        "model_bg_nbd": "BG/NBD",
        "model_mbg_nbd": "MBG/NBD",
        "model_two_stage": "两阶段消费模型",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    total = read.first(
        "customer_lifetime_value",
        "horizon_months, min(model) as model, count(*) as customer_count,"
        " sum(predicted_clv) as predicted, sum(baseline_clv) as baseline,"
        " count(*) filter (where status = 'ok') as modelled_count",
        "group by horizon_months order by horizon_months desc",
    )
    evaluation = read.rows(
        "clv_evaluation",
        "model, horizon_days, metric, value, baseline_value, grade",
        "where grade is not null order by model, metric",
    )
    judged = {
        row["metric"]: row for row in evaluation if row["model"] == total["model"]
    }
    if not total["modelled_count"]:
        yield Text(words("little"))
        yield from _distribution(read, total, words)
        return
    yield Text(words.sentences(*_sentences(read, total, judged, words)))
    if judged and next(iter(judged.values()))["grade"] not in TONES:
        yield Notice(words("weak"))
    elif _is_further_off(judged.get("value_total_ratio")):
        yield Notice(words("far"))
    yield from _distribution(read, total, words)
    deciles = read.rows(
        "clv_calibration",
        "*",
        f"where model = '{total['model']}' order by decile"
        if total["model"]
        else "where false",
    )
    if deciles:
        yield _calibration(deciles, words)
        yield _deciles(deciles, words)
    if evaluation:
        yield _evaluation(evaluation, words)


def _is_further_off(total: dict | None) -> bool:
    """Whether the forecast's total missed by a larger factor than that of the pace.

    A grade judges customer by customer, and can be good where the total is not.
    """
    if total is None:
        return False
    model, pace = total["value"], total["baseline_value"]
    if model is None or pace is None:
        return False
    if min(model, pace) <= 0:
        return model <= 0 < pace
    return abs(math.log(model)) > abs(math.log(pace))


def _sentences(
    read: Reader, total: dict, judged: dict[str, dict], words: Words
) -> Iterator[str]:
    months = total["horizon_months"]
    horizon = f"where horizon_months = {months}"
    # Counted out, not cut off at a value: many customers may share that value.
    best = read.first(
        "customer_lifetime_value",
        "list_sum(list(predicted_clv order by predicted_clv desc nulls last)"
        f"[:cast(ceil({MOST_VALUABLE} * count(*)) as bigint)]) as predicted",
        horizon,
    )
    # Nothing has no tenth.
    yield words(
        "lead" if total["predicted"] > 0 else "lead_nothing",
        months=months,
        value=words.money(total["predicted"]),
        share=percent(ratio(best["predicted"], total["predicted"]), 0),
    )
    yield words("pace", baseline=words.money(total["baseline"]))
    held = judged.get("value_total_ratio")
    if held and held["value"] is not None:
        yield words(
            "test_good",
            days=held["horizon_days"],
            ratio=decimals(held["value"]),
            baseline=decimals(held["baseline_value"]),
        )


def _distribution(read: Reader, total: dict, words: Words) -> Iterator[Block]:
    steps = " ".join(
        f"when predicted_clv >= {edge} then {edge}" for edge in reversed(EDGES)
    )
    bins = read.rows(
        "customer_lifetime_value",
        f"case {steps} else 0 end as lower, count(*) as customer_count",
        f"where horizon_months = {total['horizon_months']}"
        " and predicted_clv is not null group by all order by lower",
    )
    if not bins:
        return
    found = {row["lower"]: row["customer_count"] for row in bins}
    # Without the empty ones between, neighbours would not be neighbours.
    rows = [
        {
            "label": _bin(lower, words),
            "value": found.get(lower, 0),
            "colour": SERIES[0],
            "place": 0,
        }
        for lower in (0, *EDGES)
        if min(found) <= lower <= max(found)
    ]
    most = max(rows, key=lambda row: row["value"])
    yield Chart(
        title=words.in_money("distribution", months=total["horizon_months"]),
        description=words(
            "distribution_seen", most=count(most["value"]), place=most["label"]
        ),
        draw=lambda width: columns_over_time(
            rows, width=width, order=[row["label"] for row in rows]
        ),
        tables=["customer_lifetime_value"],
    )


def _bin(lower: int, words: Words) -> str:
    if lower == 0:
        return words("under")
    if lower == EDGES[-1]:
        return words("over", lower=count(lower))
    upper = EDGES[EDGES.index(lower) + 1]
    return words("between", lower=count(lower), upper=count(upper))


def _calibration(deciles: Sequence[dict], words: Words) -> Chart:
    groups = [
        (
            words("tenth", decile=row["decile"]),
            [
                Bar(
                    row["mean_predicted_value"],
                    words.money(row["mean_predicted_value"]),
                    PREDICTED,
                ),
                Bar(
                    row["mean_outcome_value"],
                    words.money(row["mean_outcome_value"]),
                    CAME,
                ),
            ],
        )
        for row in deciles
    ]
    return Chart(
        title=words("calibration"),
        description=words(
            "calibration_seen",
            predicted=words.money(deciles[0]["mean_predicted_value"]),
            came=words.money(deciles[0]["mean_outcome_value"]),
        ),
        draw=lambda width: labelled_bars(groups, width),
        tables=["clv_calibration"],
        legend=[(PREDICTED, words("predicted")), (CAME, words("came"))],
    )


def _deciles(deciles: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("deciles", days=deciles[0]["horizon_days"]),
        columns=[
            Column(words("decile")),
            Column(words("customers"), is_number=True),
            Column(words("buyers"), is_number=True),
            Column(words("predicted_orders"), is_number=True),
            Column(words("orders"), is_number=True),
            Column(words("predicted_value"), is_number=True),
            Column(words("value"), is_number=True),
        ],
        rows=[
            (
                str(row["decile"]),
                count(row["customer_count"]),
                count(row["buyer_count"]),
                decimals(row["mean_predicted_orders"]),
                decimals(row["mean_orders"]),
                words.money(row["predicted_value"]),
                words.money(row["outcome_value"]),
            )
            for row in deciles
        ],
        tables=["clv_calibration"],
    )


def _evaluation(rows: Sequence[dict], words: Words) -> Table:
    models: dict[str, dict[str, dict]] = {}
    for row in rows:
        models.setdefault(row["model"], {})[row["metric"]] = row

    def value(metrics: dict[str, dict], name: str) -> float | None:
        return metrics.get(name, {}).get("value")

    return Table(
        title=words("evaluation"),
        columns=[
            Column(words("model")),
            Column(words("error"), is_number=True),
            Column(words("reduction"), is_number=True),
            Column(words("total"), is_number=True),
            Column(words("top"), is_number=True),
            Column(words("grade")),
        ],
        rows=[
            (
                words.of_code("model", model),
                words.money(value(metrics, "value_mae")),
                signed_percent(value(metrics, "mae_reduction"), 0),
                decimals(value(metrics, "value_total_ratio")),
                percent(value(metrics, "top_20_capture"), 0),
                Badge(words.of_code("grade", grade), TONES.get(grade, "poor")),
            )
            for model, metrics in models.items()
            for grade in {row["grade"] for row in metrics.values()}
        ],
        tables=["clv_evaluation"],
    )


SECTION = Section(
    title={"en": "What customers will be worth", "zh": "客户未来价值"},
    needs=("customer_lifetime_value",),
    reads=("clv_evaluation", "clv_calibration"),
    filled_by={
        "en": (
            "It is filled by half a year or more of order lines with a customer_id; the"
            " setting pm_enable_value switches it on and off."
        ),
        "zh": ("需要半年以上带有 customer_id 的订单行；由设置 pm_enable_value 开关。"),
    },
    words=WORDS,
    blocks=_blocks,
)
