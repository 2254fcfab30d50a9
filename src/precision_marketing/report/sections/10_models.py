"""How good the models are that predict customers, and where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import altair as alt

from precision_marketing.report.blocks import (
    Badge,
    Block,
    Chart,
    Column,
    Heading,
    Notice,
    Reader,
    Row,
    Section,
    Table,
    Text,
)
from precision_marketing.report.charts import INK, MUTED, SERIES, data
from precision_marketing.report.words import (
    Words,
    count,
    decimals,
    percent,
    signed_percent,
)

TONES = {"A": "good", "B": "fair", "C": "poor"}
DRIFT_TONES = {"ok": "good", "warn": "fair", "alert": "poor", "not_judged": "fair"}
DRIFT_ORDER = ("alert", "warn", "not_judged", "ok")
# The targets that people ask for first.
FIRST = ("purchase", "churn", "spend")
MODEL, BASELINE = SERIES[0], SERIES[5]
CURVE_POINTS = 100

WORDS = {
    "en": {
        "lead": (
            "{good} of {count} predictions are better than a rule of thumb on days they"
            " had not seen."
        ),
        "lead_all": (
            "All {count} predictions are better than a rule of thumb on days they had"
            " not seen."
        ),
        "lead_little": (
            "There is too little data to judge any prediction: everyone gets a base"
            " rate."
        ),
        "how": (
            "Each model was judged on past days whose later orders it did not know,"
            " beside a rule of thumb. The gain is how much better it ranks customers"
            " (of amounts: how much smaller its squared error is), with an interval of"
            " 95 %."
        ),
        "overview": "Models in use",
        "target": "Predicts that a customer",
        "model": "Model",
        "grade": "Grade",
        "gain": "Gain over the rule of thumb",
        "interval": "Interval",
        "won": "Days won",
        "horizon": "Days ahead",
        "limits": "What it cannot do",
        "won_of": "{won} of {count}",
        "badge_A": "A, clearly better",
        "badge_B": "B, a little better",
        "badge_C": "C, not better",
        "badge_insufficient_data": "not enough data",
        "badge_no_baseline": "rule of thumb in use",
        "heading": "Prediction: {target} ({days} days)",
        "weak": (
            "No model of this target is better than the rule of thumb beyond chance:"
            " use its scores to look, not to spend."
        ),
        "little": "Too little data for this target: everyone gets a base rate.",
        "overfit": (
            "On later days it is clearly worse than on those it learned from: expect"
            " less than it promises."
        ),
        "top": (
            "Of 100 customers it puts on top, {top} did; of 100 taken at random, {all}"
            " would have."
        ),
        "amount": (
            "It explains {r2} of the differences in spend; its mean error is {mae},"
            " that of the rule of thumb {baseline}."
        ),
        "lift": "Lift by tenth of customers",
        "lift_seen": "Columns from the likeliest tenth to the least: {list}.",
        "lift_axis": "tenth of customers, likeliest first",
        "calibration": "Predicted and observed rate",
        "calibration_seen": (
            "Points near the diagonal: {list} (predicted and observed)."
        ),
        "predicted": "predicted",
        "observed": "observed",
        "roc": "ROC curve",
        "roc_seen": (
            "A curve above the diagonal; the area under it is {auc}, under that of the"
            " rule of thumb {baseline}."
        ),
        "false_positive": "share of others reached",
        "true_positive": "share of takers reached",
        "curve_model": "model",
        "curve_baseline": "rule of thumb",
        "comparison": "All candidates: {target}",
        "role": "Role",
        "in_use": "in use",
        "reference": "rule of thumb",
        "challenger": "challenger",
        "is_overfit": "Overfit",
        "yes": "yes",
        "no": "no",
        "drift": "Do customers of today look like those it learned from?",
        "drift_of": "Prediction",
        "drift_features": "Measures compared",
        "drift_largest": "Largest shift",
        "drift_feature": "Measure that shifted most",
        "drift_score": "Shift of the score",
        "drift_verdict": "Verdict",
        "drift_ok": "stable",
        "drift_warn": "has shifted",
        "drift_alert": "has shifted far",
        "drift_not_judged": "not judged",
        "fairness": "Does it treat groups alike?",
        "group": "Group",
        "customers": "Customers",
        "selected": "Selected",
        "reached": "Takers reached",
        "fair_true": "alike",
        "fair_false": "differs",
        "fair_none": "too few to tell",
        "algorithm_baseline": "rule of thumb",
        "algorithm_linear_regression": "linear regression",
        "algorithm_ridge_regression": "ridge regression",
        "algorithm_quantile_regression": "median regression",
        "algorithm_logistic_regression": "logistic regression",
        "algorithm_decision_tree": "decision tree",
        "algorithm_naive_bayes": "naive Bayes",
        "algorithm_bayesian_network": "Bayesian network",
        "algorithm_random_forest": "random forest",
        "algorithm_gradient_boosting": "gradient boosting",
        "algorithm_support_vector_machine": "support vector machine",
        "algorithm_neural_network": "neural network",
    },
    "zh": {
        "lead": "{count} 项预测中有 {good} 项在未见过的日期上优于经验规则。",
        "lead_all": "全部 {count} 项预测在未见过的日期上均优于经验规则。",
        "lead_little": "数据过少，无法评估任何预测：所有人使用基准比率。",
        "how": (
            "每个模型都在其不知后续订单的过去日期上，与经验规则一同评估。"
            "增益指排序改善的程度（金额类为平方误差的减少），附 95 % 区间。"
        ),
        "overview": "使用中的模型",
        "target": "预测客户",
        "model": "模型",
        "grade": "评级",
        "gain": "相对经验规则的增益",
        "interval": "区间",
        "won": "胜出日期",
        "horizon": "预测天数",
        "limits": "局限",
        "won_of": "{count} 个中 {won} 个",
        "badge_A": "A，明显更好",
        "badge_B": "B，略好",
        "badge_C": "C，没有更好",
        "badge_insufficient_data": "数据不足",
        "badge_no_baseline": "采用经验规则",
        "heading": "预测：{target}（{days} 天）",
        "weak": "该目标没有模型确定优于经验规则：分数仅供观察，勿据此投入预算。",
        "little": "该目标数据过少：所有人使用基准比率。",
        "overfit": "在较晚日期上明显差于学习时：实际效果会低于其承诺。",
        "top": (
            "模型排在最前的 100 位客户中有 {top} 位如预测；随机抽取则为 {all} 位。"
        ),
        "amount": ("可解释消费差异的 {r2}；平均误差 {mae}，经验规则为 {baseline}。"),
        "lift": "各十分位的提升度",
        "lift_seen": "从最可能到最不可能的柱形：{list}。",
        "lift_axis": "客户十分位（最可能在前）",
        "calibration": "预测与实际比率",
        "calibration_seen": "靠近对角线的点：{list}（预测与实际）。",
        "predicted": "预测",
        "observed": "实际",
        "roc": "ROC 曲线",
        "roc_seen": "对角线上方的曲线；其下面积 {auc}，经验规则为 {baseline}。",
        "false_positive": "误触达的其他客户占比",
        "true_positive": "触达的目标客户占比",
        "curve_model": "模型",
        "curve_baseline": "经验规则",
        "comparison": "全部候选：{target}",
        "role": "角色",
        "in_use": "使用中",
        "reference": "经验规则",
        "challenger": "挑战者",
        "is_overfit": "过拟合",
        "yes": "是",
        "no": "否",
        "drift": "如今的客户与学习时是否相似？",
        "drift_of": "预测",
        "drift_features": "比较的指标",
        "drift_largest": "最大偏移",
        "drift_feature": "偏移最大的指标",
        "drift_score": "分数偏移",
        "drift_verdict": "结论",
        "drift_ok": "稳定",
        "drift_warn": "有偏移",
        "drift_alert": "偏移很大",
        "drift_not_judged": "未评估",
        "fairness": "对各群体是否一视同仁？",
        "group": "群体",
        "customers": "客户数",
        "selected": "入选比例",
        "reached": "目标客户触达",
        "fair_true": "相近",
        "fair_false": "有差异",
        "fair_none": "人数太少",
        "algorithm_baseline": "经验规则",
        "algorithm_linear_regression": "线性回归",
        "algorithm_ridge_regression": "岭回归",
        "algorithm_quantile_regression": "中位数回归",
        "algorithm_logistic_regression": "逻辑回归",
        "algorithm_decision_tree": "决策树",
        "algorithm_naive_bayes": "朴素贝叶斯",
        "algorithm_bayesian_network": "贝叶斯网络",
        "algorithm_random_forest": "随机森林",
        "algorithm_gradient_boosting": "梯度提升",
        "algorithm_support_vector_machine": "支持向量机",
        "algorithm_neural_network": "神经网络",
    },
}


def _blocks(read: Reader, words: Words) -> Iterator[Block]:
    cards = read.rows("model_cards", "*", "order by target")
    cards.sort(
        key=lambda card: (
            FIRST.index(card["target"]) if card["target"] in FIRST else len(FIRST),
            card["target"],
        )
    )
    judged = [card for card in cards if _grade(card) != "insufficient_data"]
    if not judged:
        yield Text(words("lead_little"))
        yield _overview(cards, words)
        return
    good = sum(_grade(card) in ("A", "B") for card in cards)
    yield Text(
        words("lead_all" if good == len(cards) else "lead", good=good, count=len(cards))
    )
    yield Text(words("how"))
    yield _overview(cards, words)
    for card in cards:
        yield from _target(read, card, words)
    yield from _drift(read, cards, words)
    yield from _fairness(read, cards, words)


def _grade(card: dict) -> str:
    return "insufficient_data" if card["status"] != "ok" else card["grade"]


def _badge(grade: str, words: Words) -> Badge:
    return Badge(words.of_code("badge", grade), TONES.get(grade, "poor"))


def _interval(row: dict) -> str:
    if row["gain_lower"] is None or row["gain_upper"] is None:
        return percent(None)
    lower, upper = row["gain_lower"], row["gain_upper"]
    return f"{signed_percent(lower, 0)} … {signed_percent(upper, 0)}"


def _overview(cards: Sequence[dict], words: Words) -> Table:
    return Table(
        title=words("overview"),
        columns=[
            Column(words("target")),
            Column(words("model")),
            Column(words("grade")),
            Column(words("gain"), is_number=True),
            Column(words("interval"), is_number=True),
            Column(words("won"), is_number=True),
            Column(words("limits"), is_long=True),
        ],
        rows=[
            (
                card["intended_use"],
                words.of_code("algorithm", card["algorithm"]),
                _badge(_grade(card), words),
                signed_percent(card["gain"], 0),
                _interval(card),
                words(
                    "won_of",
                    won=count(card["origins_won"]),
                    count=count(card["origin_count"]),
                ),
                card["limits"] or "",
            )
            for card in cards
        ],
        tables=["model_cards"],
    )


def _target(read: Reader, card: dict, words: Words) -> Iterator[Block]:
    """A target's model in use on the last day it was judged on, beside the others."""
    yield Heading(
        words("heading", target=card["intended_use"], days=card["horizon_days"])
    )
    if _grade(card) == "insufficient_data":
        yield Notice(words("little"))
        return
    if _grade(card) not in ("A", "B"):
        yield Notice(words("weak"))
    if card["is_overfit"]:
        yield Notice(words("overfit"))
    of_target = f"where target = '{card['target']}'"
    own = f"{of_target} and algorithm = '{card['algorithm']}'"
    newest = "qualify evaluation_date = max(evaluation_date) over ()"
    metrics = {
        row["metric"]: row
        for row in read.rows(
            "model_evaluation",
            "metric, value, baseline_value",
            f"{own} {newest} order by metric",
        )
    }
    deciles = read.rows("model_deciles", "*", f"{own} {newest} order by decile")
    yield from _in_words(deciles, metrics, words)
    charts = []
    if deciles and all(row["lift"] is not None for row in deciles):
        charts.append(_lift(deciles, words))
    bins = read.rows(
        "model_calibration",
        "bin, mean_probability, observed_rate, observed_lower, observed_upper",
        f"{own} {newest} order by bin",
    )
    if bins:
        charts.append(_calibration(bins, words))
    # A curve has a point for each probability: as many as a chart can show are read.
    curve = read.rows(
        "roc_points",
        "algorithm, false_positive_rate, true_positive_rate",
        f"{of_target} and algorithm in ('{card['algorithm']}', 'baseline')"
        " and true_positive_rate is not null and false_positive_rate is not null"
        f" {newest} and row_number() over (partition by algorithm, evaluation_date,"
        f" floor({CURVE_POINTS} * reached_share) order by probability) = 1"
        " order by algorithm, probability desc",
    )
    if curve and "auc" in metrics:
        charts.append(_roc(curve, card["algorithm"], metrics["auc"], words))
    if charts:
        yield Row(charts)
    candidates = read.rows(
        "model_comparison",
        "*",
        f"{of_target} order by is_champion desc, gain desc nulls last, algorithm",
    )
    if candidates:
        yield _comparison(card, candidates, words)


def _in_words(
    deciles: Sequence[dict], metrics: Mapping[str, dict], words: Words
) -> Iterator[Block]:
    if deciles:
        customers = sum(row["customer_count"] for row in deciles)
        takers = sum(row["buyer_count"] for row in deciles)
        yield Text(
            words(
                "top",
                top=count(100 * deciles[0]["observed_rate"]),
                all=count(100 * takers / customers),
            )
        )
    elif metrics.get("r2", {}).get("value") is not None:
        yield Text(
            words(
                "amount",
                r2=percent(metrics["r2"]["value"], 0),
                mae=words.money(metrics["mae"]["value"]),
                baseline=words.money(metrics["mae"]["baseline_value"]),
            )
        )


def _lift(deciles: Sequence[dict], words: Words) -> Chart:
    def draw(_: int) -> alt.LayerChart:
        rows = [{"decile": str(row["decile"]), "lift": row["lift"]} for row in deciles]
        columns = (
            alt.Chart(data(rows))
            .mark_bar(fill=MODEL)
            .encode(
                x=alt.X(
                    "decile:N",
                    sort=[row["decile"] for row in rows],
                    scale=alt.Scale(padding=0.2),
                    axis=alt.Axis(labelAngle=0, title=words("lift_axis")),
                ),
                y=alt.Y("lift:Q", axis=alt.Axis(title=None, tickCount=4)),
            )
        )
        even = (
            alt.Chart(data([{"lift": 1}]))
            .mark_rule(stroke=INK, strokeDash=[4, 3])
            .encode(y="lift:Q")
        )
        return alt.layer(columns, even).properties(height=190)

    return Chart(
        title=words("lift"),
        description=words(
            "lift_seen", list=", ".join(decimals(row["lift"], 1) for row in deciles)
        ),
        draw=draw,
        tables=["model_deciles"],
        size="third",
    )


def _share_axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, format=".0%", tickCount=4, grid=True)


def _diagonal() -> alt.Chart:
    return (
        alt.Chart(data([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
        .mark_line(stroke=MUTED, strokeDash=[4, 3], strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )


def _calibration(bins: Sequence[dict], words: Words) -> Chart:
    def draw(_: int) -> alt.LayerChart:
        unit = alt.Scale(domain=[0, 1])
        base = alt.Chart(data(bins)).encode(
            x=alt.X(
                "mean_probability:Q", scale=unit, axis=_share_axis(words("predicted"))
            )
        )
        y = {"scale": unit, "axis": _share_axis(words("observed"))}
        lines = base.mark_rule(stroke=MODEL, opacity=0.6).encode(
            y=alt.Y("observed_lower:Q", **y), y2="observed_upper:Q"
        )
        points = base.mark_point(fill=MODEL, size=40, opacity=1, strokeWidth=0).encode(
            y=alt.Y("observed_rate:Q", **y)
        )
        return alt.layer(_diagonal(), lines, points).properties(height=190)

    seen = (
        f"{percent(row['mean_probability'], 0)} / {percent(row['observed_rate'], 0)}"
        for row in bins
    )
    return Chart(
        title=words("calibration"),
        description=words("calibration_seen", list=", ".join(seen)),
        draw=draw,
        tables=["model_calibration"],
        size="third",
    )


def _roc(curve: Sequence[dict], algorithm: str, auc: dict, words: Words) -> Chart:
    def draw(_: int) -> alt.LayerChart:
        rows = [
            {
                "x": row["false_positive_rate"],
                "y": row["true_positive_rate"],
                "algorithm": row["algorithm"],
                "colour": MODEL if row["algorithm"] == algorithm else BASELINE,
                "step": step,
            }
            for step, row in enumerate(_from_corner_to_corner(curve))
        ]
        unit = alt.Scale(domain=[0, 1])
        lines = (
            alt.Chart(data(rows))
            .mark_line(strokeWidth=2)
            .encode(
                x=alt.X("x:Q", scale=unit, axis=_share_axis(words("false_positive"))),
                y=alt.Y("y:Q", scale=unit, axis=_share_axis(words("true_positive"))),
                stroke=alt.Stroke("colour:N", scale=None),
                detail="algorithm:N",
                order="step:Q",
            )
        )
        return alt.layer(_diagonal(), lines).properties(height=190)

    algorithms = {row["algorithm"] for row in curve}
    legend = [(MODEL, words("curve_model"))] if algorithm in algorithms else []
    if "baseline" in algorithms and algorithm != "baseline":
        legend.append((BASELINE, words("curve_baseline")))
    return Chart(
        title=words("roc"),
        description=words(
            "roc_seen",
            auc=decimals(auc["value"]),
            baseline=decimals(auc["baseline_value"]),
        ),
        draw=draw,
        tables=["roc_points", "model_evaluation"],
        legend=legend,
        size="third",
    )


def _from_corner_to_corner(curve: Sequence[dict]) -> Iterator[dict]:
    """Each curve with the corners where nobody and where everybody is reached."""
    for algorithm in dict.fromkeys(row["algorithm"] for row in curve):
        rows = [row for row in curve if row["algorithm"] == algorithm]
        yield from (_corner(algorithm, 0.0), *rows, _corner(algorithm, 1.0))


def _corner(algorithm: str, share: float) -> dict:
    return {
        "algorithm": algorithm,
        "false_positive_rate": share,
        "true_positive_rate": share,
    }


def _comparison(card: dict, candidates: Sequence[dict], words: Words) -> Table:
    def role(row: dict) -> str:
        if row["is_champion"]:
            return words("in_use")
        return words("reference" if row["algorithm"] == "baseline" else "challenger")

    return Table(
        title=words("comparison", target=card["intended_use"]),
        columns=[
            Column(words("model")),
            Column(words("role")),
            Column(words("gain"), is_number=True),
            Column(words("interval"), is_number=True),
            Column(words("won"), is_number=True),
            Column(words("is_overfit")),
            Column(words("grade")),
        ],
        rows=[
            (
                words.of_code("algorithm", row["algorithm"]),
                role(row),
                signed_percent(row["gain"], 0),
                _interval(row),
                words(
                    "won_of",
                    won=count(row["origins_won"]),
                    count=count(row["origin_count"]),
                ),
                words("yes" if row["is_overfit"] else "no"),
                words("reference")
                if row["algorithm"] == "baseline"
                else _badge(_grade(row), words),
            )
            for row in candidates
        ],
        tables=["model_comparison"],
    )


def _drift(read: Reader, cards: Sequence[dict], words: Words) -> Iterator[Block]:
    rows = read.rows(
        "drift",
        "target, subject, feature, psi, status",
        "order by target, subject, psi desc nulls last, feature",
    )
    labels = {
        row["feature"]: row["label"]
        for row in read.rows(
            "feature_catalogue", "distinct feature, label", "order by feature"
        )
    }
    shown = []
    for card in cards:
        own = [row for row in rows if row["target"] == card["target"]]
        if not own:
            continue
        features = [row for row in own if row["subject"] == "feature"]
        score = next((row for row in own if row["subject"] == "score"), None)
        worst = next(
            status for status in DRIFT_ORDER if any(r["status"] == status for r in own)
        )
        shown.append(
            (
                card["intended_use"],
                count(len(features)),
                decimals(features[0]["psi"] if features else None, 3),
                labels.get(features[0]["feature"], features[0]["feature"])
                if features
                else "",
                decimals(score["psi"] if score else None, 3),
                Badge(words.of_code("drift", worst), DRIFT_TONES[worst]),
            )
        )
    if shown:
        yield Table(
            title=words("drift"),
            columns=[
                Column(words("drift_of")),
                Column(words("drift_features"), is_number=True),
                Column(words("drift_largest"), is_number=True),
                Column(words("drift_feature"), is_long=True),
                Column(words("drift_score"), is_number=True),
                Column(words("drift_verdict")),
            ],
            rows=shown,
            tables=["drift", "feature_catalogue"],
        )


def _fairness(read: Reader, cards: Sequence[dict], words: Words) -> Iterator[Block]:
    uses = {card["target"]: card["intended_use"] for card in cards}
    rows = read.rows(
        "model_fairness",
        "*",
        "qualify evaluation_date = max(evaluation_date) over (partition by target)"
        " order by target, group_column, group_value",
    )
    chosen = {card["target"]: card["algorithm"] for card in cards}
    rows = [row for row in rows if chosen.get(row["target"]) == row["algorithm"]]
    verdicts = {
        True: Badge(words("fair_true"), "good"),
        False: Badge(words("fair_false"), "poor"),
        None: Badge(words("fair_none"), "fair"),
    }
    if rows:
        yield Table(
            title=words("fairness"),
            columns=[
                Column(words("drift_of")),
                Column(words("group")),
                Column(words("customers"), is_number=True),
                Column(words("selected"), is_number=True),
                Column(words("reached"), is_number=True),
                Column(words("drift_verdict")),
            ],
            rows=[
                (
                    uses[row["target"]],
                    f"{row['group_column']}: {row['group_value']}",
                    count(row["customer_count"]),
                    percent(row["selection_rate"]),
                    percent(row["true_positive_rate"]),
                    verdicts[row["is_fair"]],
                )
                for row in rows
            ],
            tables=["model_fairness"],
        )


SECTION = Section(
    title={"en": "How good are the predictions?", "zh": "预测有多准？"},
    needs=("model_cards",),
    reads=(
        "model_evaluation",
        "model_deciles",
        "model_calibration",
        "roc_points",
        "model_comparison",
        "drift",
        "feature_catalogue",
        "model_fairness",
    ),
    filled_by={
        "en": (
            "It is filled by half a year or more of order lines with a customer_id; the"
            " setting pm_enable_scores switches it on and off."
        ),
        "zh": ("需要半年以上带有 customer_id 的订单行；由设置 pm_enable_scores 开关。"),
    },
    words=WORDS,
    blocks=_blocks,
)
