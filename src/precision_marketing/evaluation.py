"""How good are predictions: metrics on held-back rows, beside a baseline."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, logit

from precision_marketing.frames import (
    at_least,
    hash_order,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.judging import (
    BOOTSTRAP_ROWS,
    EVALUATION_SCHEMA,
    INSUFFICIENT_DATA,
    NO_BASELINE,
    bootstrap_bounds,
    grade_gain,
    judge_groups,
    known,
    metric_rows,
)
from precision_marketing.progress import reported

ECE_BINS = 10
LIFT_SHARE = 0.10
NORMAL_QUANTILE = 1.959963984540054
# What sklearn.metrics.log_loss clips to.
SMALLEST_PROBABILITY = np.finfo(np.float64).eps
NEWTON_STEPS = 50
NEWTON_TOLERANCE = 1e-10
# log odds per log odds; beyond it the classes are separated and no slope exists.
LARGEST_SLOPE = 1e3
LARGEST_CONDITION = 1e14

METRICS = (
    "auc",
    "average_precision",
    "log_loss",
    "brier",
    "ks",
    "ece",
    "lift_at_10",
    "calibration_slope",
    "calibration_intercept",
)
# These two are fits: their intervals come from the curvature, not from refits.
RECALIBRATION = ("calibration_slope", "calibration_intercept")
GAIN = "average_precision_gain"
AMOUNT_GAIN = "squared_error_gain"
COUNTS = ("positives", "rows")


def evaluate_binary(
    predictions: pa.Table,
    *,
    label: str = "label",
    score: str = "probability",
    baseline_score: str | None = "baseline_probability",
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    customer: str = "customer_id",
    group_columns: Sequence[str] = (),
    n_bootstrap: int = 200,
    min_positives: int = 1,
    random_state: int = 0,
) -> pa.Table:
    """Judge predicted probabilities of a yes/no outcome.

    Parameters
    ----------
    predictions : pyarrow.Table
        One row per `group_columns` and `key_columns`, in any order: held-back rows.
    label : str
        Column with the outcome, 0/1 or a flag.
    score : str
        Column with the probability, between 0 and 1.
    baseline_score : str, optional
        Column with the baseline's probability of the same rows, or None.
    key_columns : sequence of str
    customer : str
        Column whose rows are drawn together, as one customer's rows are not
        independent.
    group_columns : sequence of str
        Evaluate each combination by itself, for example ("target", "model_version").
    n_bootstrap : int
        Draws behind lower and upper; 0 for none.
    min_positives : int
        Positives below which there is no grade: a handful proves nothing.
    random_state : int
        Seed of the draws.

    Returns
    -------
    pyarrow.Table
        `group_columns` and `EVALUATION_SCHEMA`: one row per group and metric, sorted
        by group, metrics in a fixed order. lower and upper bound the value at 95 %
        (null for counts). A metric that is not defined is null. grade is the same in
        each row of a group. 0 rows in, 0 rows out.

    Raises
    ------
    ValueError
        When a column is missing, a key repeats, a label is not 0/1, or a score is
        missing or outside [0, 1].

    Notes
    -----
    auc, average_precision, log_loss, brier: as in sklearn.metrics; equal scores form
    one threshold. ks: the largest |true positive rate - false positive rate|.

    ece: mean over bins, weighted by rows, of |mean score - share of positives|. Ten
    bins of equal count; equal scores stay together, in the bin of their middle rank
    (Naeini et al. 2015, with equal-count bins).

    lift_at_10: positives among the tenth of rows with the highest scores, over a
    tenth of all positives; a tied score that straddles the cut counts by share.

    calibration_slope: b in logit(P) = a + b logit(score), 1 when calibrated, null
    when scores are constant or separate the classes. calibration_intercept: a in
    logit(P) = a + logit(score), 0 when calibrated (van Calster et al. 2016).

    average_precision_gain: average_precision / baseline's - 1. It gives the grade:
    A when its lower end is 10 % or more (the value itself without draws), else B from
    0 %, C below; 'insufficient_data' when a class is missing or has fewer than
    `min_positives`, 'no_baseline' without a baseline.

    Intervals: percentile bootstrap over customers; of slope and intercept the estimate
    plus and minus 1.96 standard errors of the maximum likelihood fit. With more than
    `BOOTSTRAP_ROWS` rows, a hash sample of customers of that size is resampled and the
    deviations from its own value are scaled by sqrt(sample rows / rows) around the full
    value.
    """
    key_columns, group_columns = list(key_columns), list(group_columns)
    at_least("n_bootstrap", n_bootstrap, 0, "use 200 for a 95 % interval")
    scores = [score] if baseline_score is None else [score, baseline_score]
    needed = [*group_columns, *key_columns, customer, label, *scores]
    needed = list(dict.fromkeys(needed))
    require_columns(predictions, needed, name="predictions")
    keys = list(dict.fromkeys([*group_columns, *key_columns]))
    ordered = sorted_by(predictions.select(needed), keys, name="predictions")

    def judge(group: pa.Table) -> tuple[list[tuple], str]:
        values = to_matrix(group, [label, *scores], name="predictions")
        _check_values(values, label, scores)
        return _evaluate(
            values,
            group,
            customer=customer,
            n_bootstrap=n_bootstrap,
            min_positives=min_positives,
            random_state=random_state,
        )

    return judge_groups(ordered, group_columns, judge)


def evaluate_amounts(
    predictions: pa.Table,
    *,
    score: str = "prediction",
    baseline_score: str | None = "baseline_prediction",
    group_columns: Sequence[str] = (),
    n_bootstrap: int = 200,
    min_positives: int = 1,
    random_state: int = 0,
) -> pa.Table:
    """Judge predicted amounts, one row per customer.

    Parameters
    ----------
    predictions : pyarrow.Table
        One row per `group_columns` and customer_id, with the label.
    score : str
        Column with the amount predicted.
    baseline_score : str, optional
        Column with the baseline's amount for the same rows, or None.
    group_columns, n_bootstrap, min_positives, random_state
        As for `evaluate_binary`; a positive is a label above 0.

    Returns
    -------
    pyarrow.Table
        As from `evaluate_binary`, with mse, mae, r2 (as in sklearn.metrics; null
        without spread), squared_error_gain and the counts.

    Notes
    -----
    squared_error_gain = 1 - mse / mse of the baseline. It gives the grade as the gain
    in average precision does.
    """
    group_columns = list(group_columns)
    at_least("n_bootstrap", n_bootstrap, 0, "use 200 for a 95 % interval")
    values = ["label", score]
    if baseline_score is not None:
        values.append(baseline_score)
    needed = list(dict.fromkeys([*group_columns, "customer_id", *values]))
    require_columns(predictions, needed, name="predictions")
    ordered = sorted_by(
        predictions.select(needed), [*group_columns, "customer_id"], name="predictions"
    )

    def judge(group: pa.Table) -> tuple[list[tuple], str]:
        return _evaluate_amounts(
            to_matrix(group, values, name="predictions"),
            n_bootstrap=n_bootstrap,
            min_positives=min_positives,
            random_state=random_state,
        )

    return judge_groups(ordered, group_columns, judge)


@one_thread()
def _evaluate_amounts(
    values: np.ndarray, *, n_bootstrap: int, min_positives: int, random_state: int
) -> tuple[list[tuple], str]:
    """Rows (metric, value, lower, upper, baseline_value) and the grade of one group."""
    labels, amounts = values[:, 0], values[:, 1]
    baseline = values[:, 2] if values.shape[1] > 2 else None
    count, positives = len(labels), float((labels > 0).sum())
    parts = _error_parts(labels, amounts, baseline)
    full = _amount_metrics(parts.mean(axis=0))
    bounds = bootstrap_bounds(
        full,
        lambda weights: _amount_metrics(weights @ parts / count),
        count,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
    )
    others = {}
    if baseline is not None:
        others = _amount_metrics(_error_parts(labels, baseline, baseline).mean(axis=0))
    rows = metric_rows(full, bounds, others)
    rows += _count_rows(positives, count, has_baseline=baseline is not None)
    if positives < min_positives:
        return rows, INSUFFICIENT_DATA
    return rows, grade_gain(full[AMOUNT_GAIN], bounds.get(AMOUNT_GAIN))


def _error_parts(labels, amounts, baseline) -> np.ndarray:
    """Columns whose means make up every metric of amounts."""
    # About the mean: r2 takes only differences, and squares stay small.
    centred = labels - labels.mean()
    error = amounts - labels
    other = np.full(len(labels), np.nan) if baseline is None else baseline - labels
    return np.column_stack([error**2, np.abs(error), other**2, centred, centred**2])


def _amount_metrics(means: np.ndarray) -> dict[str, float]:
    """Each metric of an amount and the gain; NaN where one is not defined."""
    square, absolute, other_square, shift, spread = means
    variance = spread - shift**2
    return {
        "mse": square,
        "mae": absolute,
        "r2": 1 - square / variance if variance > 0 else np.nan,
        AMOUNT_GAIN: 1 - square / other_square if other_square > 0 else np.nan,
    }


def _count_rows(positives: float, count: int, *, has_baseline: bool) -> list[tuple]:
    """How many there are, which no draw puts in doubt."""
    return [
        (name, float(number), None, None, float(number) if has_baseline else None)
        for name, number in zip(COUNTS, (positives, count), strict=True)
    ]


def evaluate_folds(
    fits: pa.Table,
    read: Callable[[dict[str, str]], pa.Table],
    *,
    n_bootstrap: int,
    min_positives: int,
    random_state: int,
) -> pa.Table:
    """Judge the predictions of each target and fold.

    Parameters
    ----------
    fits : pyarrow.Table
        One row per target, kind and fold to judge.
    read : callable
        Takes one row of `fits` and returns its predictions: model_version, algorithm,
        as_of_date, customer_id, label, prediction, baseline_prediction; one part at a
        time is in memory.
    n_bootstrap, min_positives, random_state
        As for `evaluate_binary`.

    Returns
    -------
    pyarrow.Table
        model_version and `EVALUATION_SCHEMA`. A baseline is judged without a baseline.
    """
    settings = {
        "group_columns": ("model_version",),
        "n_bootstrap": n_bootstrap,
        "min_positives": min_positives,
        "random_state": random_state,
    }
    names = ("target", "kind", "fold")
    schema = pa.schema([pa.field("model_version", pa.string()), *EVALUATION_SCHEMA])
    results = [schema.empty_table()]
    judged = sorted_by(fits.select(names), names).to_pylist()
    for fit in reported(judged, "folds judged"):
        predictions = read(fit)
        evaluate = evaluate_binary if fit["kind"] == "binary" else evaluate_amounts
        is_baseline = pc.equal(predictions["algorithm"], "baseline")
        for part, baseline in (
            (predictions.filter(is_baseline), None),
            (predictions.filter(pc.invert(is_baseline)), "baseline_prediction"),
        ):
            results.append(
                evaluate(part, score="prediction", baseline_score=baseline, **settings)
            )
    return pa.concat_tables(results)


def _check_values(values: np.ndarray, label: str, scores: list[str]) -> None:
    bad = int(np.count_nonzero((values[:, 0] != 0) & (values[:, 0] != 1)))
    if bad:
        raise ValueError(
            f"{label} must be 0 or 1, got {bad} other values; "
            "judge only rows whose horizon has passed"
        )
    for position, score in enumerate(scores, start=1):
        column = values[:, position]
        if column.min() < 0 or column.max() > 1:
            raise ValueError(
                f"{score} must be a probability between 0 and 1, got values from "
                f"{column.min()} to {column.max()}; calibrate the score first"
            )


@one_thread()
def _evaluate(
    values: np.ndarray,
    group: pa.Table,
    *,
    customer: str,
    n_bootstrap: int,
    min_positives: int,
    random_state: int,
) -> tuple[list[tuple], str]:
    """Rows (metric, value, lower, upper, baseline_value) and the grade of one group."""
    labels, score = values[:, 0], values[:, 1]
    baseline = values[:, 2] if values.shape[1] > 2 else None
    positives, count = labels.sum(), len(labels)

    full = _paired_metrics(labels, score, baseline, np.ones(count))
    intervals = {}
    if n_bootstrap and 0 < positives < count:
        intervals = _intervals(
            labels,
            score,
            baseline,
            group,
            customer=customer,
            full=full,
            n_bootstrap=n_bootstrap,
            random_state=random_state,
        )
    baseline_values = (
        {} if baseline is None else _Ranked(labels, baseline).metrics(np.ones(count))
    )
    baseline_values[GAIN] = None if baseline is None else 0.0
    rows = metric_rows(full, intervals, baseline_values)
    rows += _count_rows(positives, count, has_baseline=baseline is not None)
    if positives < min_positives or not 0 < positives < count:
        return rows, INSUFFICIENT_DATA
    if baseline is None:
        return rows, NO_BASELINE
    return rows, grade_gain(full[GAIN], intervals.get(GAIN))


def _intervals(
    labels, score, baseline, group, *, customer, full, n_bootstrap, random_state
) -> dict[str, tuple[float | None, float | None]]:
    """Percentile bootstrap of each metric, drawing customers."""
    everyone = _Ranked(labels, score)
    codes = group[customer].combine_chunks().dictionary_encode()
    members = codes.indices.to_numpy().astype(np.int64)
    customer_count = len(codes.dictionary)
    share = 1.0
    if len(labels) > BOOTSTRAP_ROWS:
        people = pa.table({customer: codes.dictionary})
        rank = np.empty(customer_count, dtype=np.int64)
        rank[hash_order(people, [customer])] = np.arange(customer_count)
        sizes = np.bincount(rank[members], minlength=customer_count)
        kept_count = max(
            1, int(np.searchsorted(sizes.cumsum(), BOOTSTRAP_ROWS, "right"))
        )
        kept = rank[members] < kept_count
        share = kept.sum() / len(labels)
        members, customer_count = rank[members][kept], kept_count
        labels, score = labels[kept], score[kept]
        baseline = None if baseline is None else baseline[kept]

    ranked = _Ranked(labels, score)
    ranked_baseline = None if baseline is None else _Ranked(labels, baseline)

    def measure(times_drawn: np.ndarray) -> dict[str, float]:
        weights = times_drawn[members]
        drawn = ranked.metrics(weights, recalibrated=False)
        drawn[GAIN] = _gain(drawn, ranked_baseline, weights)
        return drawn

    bounds = bootstrap_bounds(
        full,
        measure,
        customer_count,
        n_bootstrap=n_bootstrap,
        random_state=random_state,
        share=share,
    )
    return bounds | everyone.recalibration_intervals(full)


def _paired_metrics(labels, score, baseline, weights) -> dict[str, float]:
    """All metrics of a score, with its gain over the baseline."""
    metrics = _Ranked(labels, score).metrics(weights)
    ranked_baseline = None if baseline is None else _Ranked(labels, baseline)
    metrics[GAIN] = _gain(metrics, ranked_baseline, weights)
    return metrics


def _gain(metrics, ranked_baseline, weights) -> float:
    if ranked_baseline is None:
        return np.nan
    precision = ranked_baseline.average_precision(weights)
    return metrics["average_precision"] / precision - 1 if precision > 0 else np.nan


class _Ranked:
    """Labels and scores sorted once, to be measured under many row weights.

    A bootstrap draw is a weight per row: how often it was drawn. Sums over runs of
    equal scores then give every metric without sorting again.
    """

    def __init__(self, labels: np.ndarray, score: np.ndarray) -> None:
        self.order = np.argsort(-score, kind="stable")
        self.score = score[self.order]
        self.labels = labels[self.order]
        self.starts = np.flatnonzero(
            np.concatenate([[True], self.score[1:] != self.score[:-1]])
        )
        clipped = np.clip(self.score, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        self.loss = -np.where(self.labels == 1, np.log(clipped), np.log1p(-clipped))
        self.square = (self.score - self.labels) ** 2
        self.log_odds = logit(clipped)

    @cached_property
    def recalibration(self) -> np.ndarray:
        """Intercept and slope over all rows: where the fit of a draw starts."""
        return _newton(
            self.log_odds, self.labels, np.ones(len(self.labels)), np.zeros(2)
        )

    def _cumulated(self, weights):
        """Positives and negatives at each threshold, highest score first."""
        hits = np.add.reduceat(weights * self.labels, self.starts).cumsum()
        total = np.add.reduceat(weights, self.starts).cumsum()
        return hits, total - hits

    def average_precision(self, weights: np.ndarray) -> float:
        hits, misses = self._cumulated(weights[self.order])
        return self._average_precision(hits, misses)

    @staticmethod
    def _average_precision(hits, misses) -> float:
        if hits[-1] == 0 or misses[-1] == 0:
            return np.nan
        reached = hits + misses
        precision = np.divide(hits, reached, out=np.zeros_like(hits), where=reached > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    def metrics(
        self, weights: np.ndarray, *, recalibrated: bool = True
    ) -> dict[str, float]:
        """Every metric of `METRICS`; NaN where it is not defined or not asked for."""
        weights = weights[self.order]
        hits, misses = self._cumulated(weights)
        positives, negatives = hits[-1], misses[-1]
        rows = positives + negatives
        if rows == 0:
            return dict.fromkeys(METRICS, np.nan)
        metrics = dict.fromkeys(METRICS, np.nan)
        metrics["log_loss"] = float(weights @ self.loss / rows)
        metrics["brier"] = float(weights @ self.square / rows)
        metrics["ece"] = self._ece(weights, hits + misses)
        if positives == 0 or negatives == 0:
            return metrics
        # A pair of equal scores counts half.
        above = hits - np.diff(hits, prepend=0.0) / 2
        metrics["auc"] = float(
            above @ np.diff(misses, prepend=0.0) / positives / negatives
        )
        metrics["average_precision"] = self._average_precision(hits, misses)
        metrics["ks"] = float(np.abs(hits / positives - misses / negatives).max())
        reached = np.concatenate([[0.0], hits + misses])
        gained = np.interp(LIFT_SHARE * rows, reached, np.concatenate([[0.0], hits]))
        metrics["lift_at_10"] = float(gained / (LIFT_SHARE * positives))
        if recalibrated:
            metrics["calibration_slope"] = self._slope(weights)
            metrics["calibration_intercept"] = self._intercept(weights)
        return metrics

    def recalibration_intervals(self, full: dict[str, float]) -> dict:
        """Estimate plus and minus `NORMAL_QUANTILE` standard errors."""
        x = self.log_odds
        intervals = {}
        slope, shift = (full[metric] for metric in RECALIBRATION)
        if np.isfinite(slope):
            fitted = expit(self.recalibration[0] + self.recalibration[1] * x)
            curve = fitted * (1 - fitted)
            spread = curve @ (x * x) - (curve @ x) ** 2 / curve.sum()
            reach = NORMAL_QUANTILE / np.sqrt(spread)
            intervals["calibration_slope"] = (slope - reach, slope + reach)
        if np.isfinite(shift):
            fitted = expit(x + shift)
            reach = NORMAL_QUANTILE / np.sqrt((fitted * (1 - fitted)).sum())
            intervals["calibration_intercept"] = (shift - reach, shift + reach)
        return {
            metric: (known(lower), known(upper))
            for metric, (lower, upper) in intervals.items()
        }

    def _ece(self, weights, reached) -> float:
        """Expected calibration error in bins of equal count."""
        sizes = np.diff(reached, prepend=0.0)
        middle = (reached - sizes / 2) / reached[-1]
        bins = np.minimum((middle * ECE_BINS).astype(np.int64), ECE_BINS - 1)
        gaps = np.add.reduceat(weights * (self.score - self.labels), self.starts)
        per_bin = np.bincount(bins, weights=gaps, minlength=ECE_BINS)
        return float(np.abs(per_bin).sum() / reached[-1])

    def _slope(self, weights) -> float:
        """Slope of the logistic regression of the label on the score's log odds."""
        drawn = weights > 0
        x, y, w = self.log_odds[drawn], self.labels[drawn], weights[drawn]
        hit, miss = x[y == 1], x[y == 0]
        if hit.min() >= miss.max() or hit.max() <= miss.min():
            return np.nan
        _, slope = _newton(x, y, w, self.recalibration)
        return float(slope) if abs(slope) < LARGEST_SLOPE else np.nan

    def _intercept(self, weights) -> float:
        """Shift of all log odds that makes the mean score the share of positives."""
        low, high = -80.0, 80.0
        shift = 0.0
        for _ in range(NEWTON_STEPS * 4):
            fitted = expit(self.log_odds + shift)
            gap = weights @ (self.labels - fitted)
            low, high = (shift, high) if gap > 0 else (low, shift)
            slope = weights @ (fitted * (1 - fitted))
            moved = shift + gap / slope if slope > 0 else np.inf
            # Newton, kept inside a shrinking bracket: the sum is monotone.
            moved = moved if low < moved < high else (low + high) / 2
            if abs(moved - shift) < NEWTON_TOLERANCE:
                return float(moved)
            shift = moved
        return np.nan


def _newton(x, y, w, start: np.ndarray) -> np.ndarray:
    """Weighted logistic regression of y on 1 and x; NaN where it does not converge.

    Two equations are solved by hand: LAPACK raises where a step has overflowed, and it
    is shared with whatever else this process computes meanwhile.
    """
    beta = start
    for _ in range(NEWTON_STEPS):
        fitted = expit(beta[0] + beta[1] * x)
        residual = w * (y - fitted)
        curve = w * fitted * (1 - fitted)
        total, cross, square = curve.sum(), (curve * x).sum(), (curve * x * x).sum()
        determinant = total * square - cross * cross
        largest = (total + square) / 2 + np.hypot((total - square) / 2, cross)
        # The ratio of the eigenvalues; what is not a number fails too.
        if not largest * largest < LARGEST_CONDITION * determinant:
            break
        shift, tilt = residual.sum(), (residual * x).sum()
        step = np.array([square * shift - cross * tilt, total * tilt - cross * shift])
        step /= determinant
        beta = beta + step
        if np.abs(step).max() < NEWTON_TOLERANCE:
            return beta
    return np.full(2, np.nan)
