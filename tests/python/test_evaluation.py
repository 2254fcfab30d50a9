"""Metrics against sklearn and scipy, by hand, and under a bootstrap redone here."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import ks_2samp
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from precision_marketing import evaluation
from precision_marketing.evaluation import (
    METRICS,
    evaluate_amounts,
    evaluate_binary,
    evaluate_folds,
)
from precision_marketing.judging import EVALUATION_SCHEMA, grade_gain

NAMES = [*METRICS, "average_precision_gain", "positives", "rows"]


def predictions(rows=1000, snapshots=2, decimals=None, seed=0):
    random = np.random.default_rng(seed)
    signal = random.normal(size=rows) - 1
    score = expit(0.7 * signal + random.normal(size=rows) * 0.4)
    weak = expit(0.4 * signal + random.normal(size=rows))
    if decimals is not None:
        score, weak = score.round(decimals), weak.round(decimals)
    return pa.table(
        {
            "as_of_date": [i % snapshots for i in range(rows)],
            "customer_id": [f"c{i // snapshots:05d}" for i in range(rows)],
            "label": (random.random(rows) < expit(signal)).astype(int),
            "probability": score,
            "baseline_probability": weak,
        }
    )


def of(labels, scores, baseline=None):
    count = len(labels)
    return pa.table(
        {
            "as_of_date": [0] * count,
            "customer_id": list(range(count)),
            "label": labels,
            "probability": pa.array(scores, pa.float64()),
            "baseline_probability": pa.array(
                [0.5] * count if baseline is None else baseline, pa.float64()
            ),
        }
    )


def measure(table, column="value", **changes):
    result = evaluate_binary(table, **({"n_bootstrap": 0} | changes))
    return dict(
        zip(result["metric"].to_pylist(), result[column].to_pylist(), strict=True)
    )


def oracle(y, p):
    """The same quantities by other people's code, or the plainest code there is."""
    log_odds = logit(p)
    slope = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
    slope.fit(log_odds[:, None], y)
    tenth = len(y) // 10
    by_score = np.argsort(-p, kind="stable")
    bins = np.argsort(p, kind="stable").reshape(10, -1)
    return {
        "auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
        "ks": ks_2samp(p[y == 1], p[y == 0]).statistic,
        "ece": np.abs(p[bins].mean(axis=1) - y[bins].mean(axis=1)).mean(),
        "lift_at_10": y[by_score[:tenth]].mean() / y.mean(),
        "calibration_slope": slope.coef_[0, 0],
        "calibration_intercept": brentq(
            lambda a: (y - expit(log_odds + a)).sum(), -20, 20, xtol=1e-13
        ),
    }


def test_every_metric_equals_its_oracle():
    table = predictions()
    y = table["label"].to_numpy()
    for column, scores in [
        ("value", "probability"),
        ("baseline_value", "baseline_probability"),
    ]:
        found = measure(table, column)
        for name, value in oracle(y, table[scores].to_numpy()).items():
            close = 1e-5 if name == "calibration_slope" else 1e-10
            assert found[name] == pytest.approx(value, rel=close, abs=close), name
        assert found["rows"] == 1000
        assert found["positives"] == y.sum()


def test_equal_scores_count_as_in_sklearn():
    table = predictions(decimals=1)
    y, p = table["label"].to_numpy(), table["probability"].to_numpy()
    assert len(np.unique(p)) < 12
    found = measure(table)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(y, p), abs=1e-12)
    assert found["average_precision"] == pytest.approx(
        metrics.average_precision_score(y, p), abs=1e-12
    )
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p), abs=1e-12)
    assert found["ks"] == pytest.approx(
        ks_2samp(p[y == 1], p[y == 0]).statistic, abs=1e-12
    )


def test_hand_computed_case():
    found = measure(of([1, 0, 1, 0], [0.8, 0.6, 0.4, 0.2]))
    # Pairs won: (.8 over .6, .2) and (.4 over .2): 3 of 4.
    assert found["auc"] == 0.75
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["brier"] == pytest.approx((0.04 + 0.36 + 0.36 + 0.04) / 4)
    assert found["ks"] == 0.5
    # 0.4 of a row: all of it a positive, so twice the average.
    assert found["lift_at_10"] == pytest.approx(2.0)
    # Each row is a bin of its own.
    assert found["ece"] == pytest.approx((0.2 + 0.6 + 0.6 + 0.2) / 4)


def test_a_tie_across_the_cut_counts_by_share():
    # The top tenth of 10 rows is one of the two rows with 0.9, one of them positive.
    found = measure(of([1, 0, 1] + [0] * 7, [0.9, 0.9, 0.5] + [0.1] * 7))
    assert found["lift_at_10"] == pytest.approx(0.5 / (0.1 * 2))


def test_constant_score_has_no_skill_and_no_slope():
    found = measure(of([1, 0, 0, 0] * 10, [0.25] * 40))
    assert found["auc"] == 0.5
    assert found["lift_at_10"] == pytest.approx(1.0)
    assert found["average_precision"] == 0.25
    assert found["ks"] == 0
    assert found["ece"] == pytest.approx(0, abs=1e-15)
    assert found["calibration_slope"] is None
    assert found["calibration_intercept"] == pytest.approx(0, abs=1e-9)


def test_perfect_and_certain_scores_stay_finite():
    found = measure(of([1, 1, 0, 0], [1.0, 1.0, 0.0, 0.0]))
    assert found["auc"] == found["average_precision"] == found["ks"] == 1
    assert found["calibration_slope"] is None
    assert found["log_loss"] == pytest.approx(
        metrics.log_loss([1, 1, 0, 0], [1.0, 1.0, 0.0, 0.0]), abs=1e-15
    )
    assert np.isfinite(found["calibration_intercept"])
    wrong = measure(of([1, 0, 1, 0], [0.0, 0.0, 1.0, 1.0]))
    assert wrong["log_loss"] == pytest.approx(
        metrics.log_loss([1, 0, 1, 0], [0.0, 0.0, 1.0, 1.0])
    )


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, 0], [1]])
def test_a_missing_class_is_insufficient_data(labels):
    result = evaluate_binary(of(labels, [0.5] * len(labels)))
    assert result["metric"].to_pylist() == NAMES
    assert set(result["grade"].to_pylist()) == {"insufficient_data"}
    found = measure(of(labels, [0.5] * len(labels)))
    assert found["auc"] is None
    assert found["average_precision"] is None
    assert found["calibration_slope"] is None
    assert found["brier"] == 0.25
    assert set(result["lower"].to_pylist()) == {None}


@pytest.mark.parametrize(
    ("scores", "baseline", "grade"),
    [
        ([0.9, 0.8, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5], "A"),
        ([0.9, 0.8, 0.1, 0.1], [0.9, 0.8, 0.2, 0.1], "B"),
        ([0.5, 0.5, 0.5, 0.5], [0.9, 0.8, 0.1, 0.1], "C"),
        # Ranks 1 and 3 against ranks 1 and 4: 5/6 is 11.1 % above 3/4.
        ([0.9, 0.5, 0.6, 0.1], [0.9, 0.1, 0.6, 0.5], "A"),
        # Ranks 1 and 3 against ranks 2 and 1: 5/6 is below 1.
        ([0.9, 0.5, 0.6, 0.1], [0.8, 0.9, 0.6, 0.5], "C"),
    ],
)
def test_grade_follows_the_gain_over_the_baseline(scores, baseline, grade):
    result = evaluate_binary(of([1, 1, 0, 0], scores, baseline), n_bootstrap=0)
    assert set(result["grade"].to_pylist()) == {grade}


@pytest.mark.parametrize(
    ("gain", "certain_gain", "grade"),
    [
        (1.1 - 1, 1.1 - 1, "A"),
        (0.0999, 0.0999, "B"),
        (11.8, 0.05, "B"),
        (11.8, None, "B"),
        (0.0, -0.2, "B"),
        (-1e-6, -0.2, "C"),
    ],
)
def test_grade_borders(gain, certain_gain, grade):
    assert grade_gain(gain, (certain_gain, None)) == grade


def test_a_handful_of_positives_earns_no_grade():
    table = of([1, 1, 0, 0], [0.9, 0.8, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5])
    graded = evaluate_binary(table, n_bootstrap=0, min_positives=2)
    assert set(graded["grade"].to_pylist()) == {"A"}
    too_few = evaluate_binary(table, n_bootstrap=0, min_positives=3)
    assert set(too_few["grade"].to_pylist()) == {"insufficient_data"}
    assert too_few["value"].equals(graded["value"])


def test_without_a_baseline_there_is_no_grade():
    table = predictions().drop_columns("baseline_probability")
    result = evaluate_binary(table, baseline_score=None, n_bootstrap=0)
    assert set(result["grade"].to_pylist()) == {"no_baseline"}
    assert set(result["baseline_value"].to_pylist()) == {None}


def test_intervals_equal_a_plain_bootstrap_of_customers():
    # Every seventh row is left out, so customers have one to three rows.
    table = predictions(rows=300, snapshots=3, decimals=2)
    table = table.filter(pa.array(np.arange(300) % 7 > 0)).sort_by(
        [("as_of_date", "ascending"), ("customer_id", "ascending")]
    )
    draws, seed = 40, 11
    result = evaluate_binary(table, n_bootstrap=draws, random_state=seed)
    y, p, b = (
        table[name].to_numpy()
        for name in ("label", "probability", "baseline_probability")
    )
    customers = table["customer_id"].to_numpy(zero_copy_only=False)
    people = list(dict.fromkeys(customers))
    random = np.random.default_rng(seed)
    drawn = {"auc": [], "average_precision": [], "brier": [], "gain": []}
    for _ in range(draws):
        picked = random.integers(len(people), size=len(people))
        rows = np.concatenate([np.flatnonzero(customers == people[i]) for i in picked])
        precision = metrics.average_precision_score(y[rows], p[rows])
        drawn["auc"].append(metrics.roc_auc_score(y[rows], p[rows]))
        drawn["average_precision"].append(precision)
        drawn["brier"].append(np.mean((y[rows] - p[rows]) ** 2))
        drawn["gain"].append(
            precision / metrics.average_precision_score(y[rows], b[rows]) - 1
        )
    drawn["average_precision_gain"] = drawn.pop("gain")
    for row in result.to_pylist():
        if row["metric"] in drawn:
            expected = np.quantile(drawn[row["metric"]], [0.025, 0.975])
            assert [row["lower"], row["upper"]] == pytest.approx(expected, abs=1e-12)
            assert row["lower"] < row["value"] < row["upper"]


def test_customers_drawn_together_widen_the_interval():
    # Ten copies of a customer are one observation, not ten.
    table = predictions(rows=100, snapshots=1)
    copies = pa.concat_tables(
        [
            table.set_column(0, "as_of_date", pa.array([copy] * 100))
            for copy in range(10)
        ]
    )

    def width(result):
        row = result.to_pylist()[0]
        return row["upper"] - row["lower"]

    single = width(evaluate_binary(table))
    assert width(evaluate_binary(copies)) == pytest.approx(single, rel=1e-9)


def test_many_rows_are_sampled_and_the_interval_rescaled(monkeypatch):
    table = predictions(rows=8000)
    whole = evaluate_binary(table).to_pylist()
    monkeypatch.setattr(evaluation, "BOOTSTRAP_ROWS", 2000)
    part = evaluate_binary(table).to_pylist()
    for full, sampled in zip(whole, part, strict=True):
        assert full["value"] == sampled["value"]
        if full["metric"] in ("auc", "average_precision", "log_loss", "brier"):
            assert sampled["lower"] < sampled["value"] < sampled["upper"]
            ratio = (sampled["upper"] - sampled["lower"]) / (
                full["upper"] - full["lower"]
            )
            assert 0.7 < ratio < 1.4


def test_shuffled_rows_and_the_same_seed_give_the_same_bits():
    table = predictions(decimals=1)
    first = evaluate_binary(table, n_bootstrap=20)
    shuffled = table.take(np.random.default_rng(5).permutation(table.num_rows))
    assert evaluate_binary(shuffled, n_bootstrap=20).equals(first)
    other = evaluate_binary(table, n_bootstrap=20, random_state=1)
    assert not other.equals(first)
    assert other["value"].equals(first["value"])


def test_groups_are_judged_apart():
    tables = [
        predictions(rows=200, seed=seed).append_column(
            "target", pa.array([target] * 200)
        )
        for seed, target in [(1, "b"), (2, "a")]
    ]
    result = evaluate_binary(
        pa.concat_tables(tables), group_columns=["target"], n_bootstrap=10
    )
    assert result["target"].to_pylist() == ["a"] * len(NAMES) + ["b"] * len(NAMES)
    for target, table in [("b", tables[0]), ("a", tables[1])]:
        alone = result.filter(pc.field("target") == target).drop_columns("target")
        assert alone.equals(evaluate_binary(table, n_bootstrap=10))


def test_empty_input_keeps_types():
    table = predictions(rows=4).slice(0, 0)
    assert evaluate_binary(table).equals(EVALUATION_SCHEMA.empty_table())
    grouped = evaluate_binary(table, group_columns=["customer_id"])
    assert grouped.schema.names == ["customer_id", *EVALUATION_SCHEMA.names]


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([2, 0], [0.5, 0.5], "label must be 0 or 1, got 1"),
        ([1, 0], [1.5, 0.5], "probability must be a probability .* 0.5 to 1.5"),
        ([1, 0], [None, 0.5], r"probability \(1\)"),
    ],
)
def test_bad_values_are_named(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        evaluate_binary(of(labels, scores))


def test_twenty_thousand_rows_take_seconds():
    table = predictions(rows=20_000)
    started = time.perf_counter()
    evaluate_binary(table, n_bootstrap=200)
    # 0.7 s on two quiet cores; the bound only catches a loop over rows.
    assert time.perf_counter() - started < 10


# -- Amounts ---------------------------------------------------------------------------


def amounts(rows=800, seed=0):
    random = np.random.default_rng(seed)
    signal = random.gamma(2.0, 20.0, size=rows)
    label = np.where(
        random.random(rows) < 0.6, signal + random.normal(size=rows) * 5, 0
    )
    label = np.maximum(label, 0)
    return pa.table(
        {
            "customer_id": [f"c{i:05d}" for i in range(rows)],
            "label": label,
            "prediction": 0.6 * signal,
            "baseline_prediction": np.full(rows, label.mean() + 1),
        }
    )


def measured(table, column="value", **changes):
    result = evaluate_amounts(table, **({"n_bootstrap": 0} | changes))
    return dict(
        zip(result["metric"].to_pylist(), result[column].to_pylist(), strict=True)
    )


def test_metrics_of_amounts_equal_sklearns():
    table = amounts()
    y, p, b = (
        table[name].to_numpy()
        for name in ("label", "prediction", "baseline_prediction")
    )
    wanted = {
        "mse": metrics.mean_squared_error(y, p),
        "mae": metrics.mean_absolute_error(y, p),
        "r2": metrics.r2_score(y, p),
        "squared_error_gain": 1
        - metrics.mean_squared_error(y, p) / metrics.mean_squared_error(y, b),
        "positives": (y > 0).sum(),
        "rows": len(y),
    }
    assert measured(table) == pytest.approx(wanted, rel=1e-12)
    baseline = measured(table, "baseline_value")
    assert baseline["mse"] == pytest.approx(metrics.mean_squared_error(y, b), rel=1e-12)
    assert baseline["mae"] == pytest.approx(
        metrics.mean_absolute_error(y, b), rel=1e-12
    )
    assert baseline["squared_error_gain"] == 0


def test_intervals_of_amounts_are_a_bootstrap_of_customers():
    table = amounts(rows=200)
    y, p = table["label"].to_numpy(), table["prediction"].to_numpy()
    generator = np.random.default_rng(7)
    drawn = []
    for _ in range(50):
        picked = generator.integers(200, size=200)
        drawn.append(metrics.r2_score(y[picked], p[picked]))
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    settings = {"n_bootstrap": 50, "random_state": 7}
    assert measured(table, "lower", **settings)["r2"] == pytest.approx(lower, rel=1e-9)
    assert measured(table, "upper", **settings)["r2"] == pytest.approx(upper, rel=1e-9)


@pytest.mark.parametrize(
    ("prediction", "grade"),
    [("label", "A"), ("baseline_prediction", "B"), (-99.0, "C")],
)
def test_amounts_are_graded_by_the_squared_error_that_is_gone(prediction, grade):
    table = amounts()
    values = (
        table[prediction]
        if isinstance(prediction, str)
        else pa.array([prediction] * table.num_rows)
    )
    table = table.set_column(2, "prediction", values)
    assert set(evaluate_amounts(table, n_bootstrap=0)["grade"].to_pylist()) == {grade}


def test_few_who_spend_earn_no_grade_and_alike_amounts_no_r2():
    table = amounts(rows=20)
    found = evaluate_amounts(table, n_bootstrap=0, min_positives=21)
    assert set(found["grade"].to_pylist()) == {"insufficient_data"}
    alike = table.set_column(1, "label", pa.array([5.0] * 20))
    assert measured(alike)["r2"] is None


def test_each_target_and_fold_is_read_once_and_the_baseline_has_none():
    fits = pa.table(
        {
            "target": ["spend", "purchase"],
            "kind": ["amount", "binary"],
            "fold": ["origin_1", "origin_1"],
        }
    )
    asked = []

    def read(fit):
        asked.append(fit["target"])
        table = amounts() if fit["kind"] == "amount" else predictions(snapshots=1)
        table = table.rename_columns(
            {"probability": "prediction", "baseline_probability": "baseline_prediction"}
            if fit["kind"] == "binary"
            else table.column_names
        )
        parts = []
        for name in ("baseline", "decision_tree"):
            count = table.num_rows
            part = table.append_column("algorithm", pa.array([name] * count))
            version = pa.array([f"{fit['target']} {name}"] * count)
            part = part.append_column("model_version", version)
            if "as_of_date" not in part.column_names:
                part = part.append_column("as_of_date", pa.array([0] * count))
            parts.append(part)
        return pa.concat_tables(parts)

    found = evaluate_folds(fits, read, n_bootstrap=20, min_positives=1, random_state=0)
    grades = dict(
        zip(found["model_version"].to_pylist(), found["grade"].to_pylist(), strict=True)
    )
    assert asked == ["purchase", "spend"]
    assert grades["purchase baseline"] == grades["spend baseline"] == "no_baseline"
    assert grades["purchase decision_tree"] in ("A", "B", "C")


def test_intervals_of_recalibration_are_those_of_maximum_likelihood():
    """The standard errors of a logistic regression of the label on the log odds."""
    table = predictions(rows=4000, snapshots=1)
    y, x = table["label"].to_numpy(), logit(table["probability"].to_numpy())
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(x[:, None], y)
    fitted = model.predict_proba(x[:, None])[:, 1]
    design = np.column_stack([np.ones(len(x)), x])
    covariance = np.linalg.inv(design.T * (fitted * (1 - fitted)) @ design)
    reach = 1.959963984540054 * np.sqrt(covariance[1, 1])
    lower = measure(table, "lower", n_bootstrap=20)["calibration_slope"]
    assert lower == pytest.approx(model.coef_[0, 0] - reach, abs=1e-6)


def test_a_slope_that_overflows_is_not_defined():
    """No error of linear algebra, whatever a step has come to."""
    x = np.array([-1.0, 0.0, 1.0])
    y = np.array([1.0, 0.0, 1.0])
    for start in ([np.nan, 1.0], [0.0, np.inf], [1e308, 1e308]):
        with np.errstate(all="ignore"):
            found = evaluation._newton(x, y, np.ones(3), np.array(start))
        assert np.isnan(found).all()
