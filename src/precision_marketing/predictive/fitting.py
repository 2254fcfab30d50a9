"""Fits of one target on the past days of one fold, as rows of parameters."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)

from precision_marketing import __version__
from precision_marketing.frames import (
    at_least,
    conform,
    content_hash,
    hash_order,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.predictive.baseline import (
    BASELINE,
    fit_mean,
    fit_recency_rates,
    score_baseline,
)
from precision_marketing.predictive.binning import bin_shares, lower_edges
from precision_marketing.predictive.calibration import fit_calibration
from precision_marketing.predictive.estimators import (
    AMOUNT,
    BINARY,
    ESTIMATORS,
    Estimator,
    Rows,
    Settings,
    log_odds,
    predict,
)
from precision_marketing.predictive.parameters import (
    Learned,
    Parameters,
    Vector,
    to_rows,
)
from precision_marketing.predictive.preparation import Preparation
from precision_marketing.progress import reported

STATUS_OK, STATUS_INSUFFICIENT_DATA = 1.0, 0.0
KEYS = ("as_of_date", "customer_id")
FIT_NAMES = ("target", "kind", "fold")
# What a profile calls the prediction, among the features.
PREDICTION = "prediction"
PROFILE_BINS = 10
# Rows of a class that a sample holds at least, where there are so many: by its share
# alone a rare class might not be drawn at all.
DRAWN_OF_EACH = 100
# Of customers, where time cannot be split.
VALIDATION_SHARE = 1 / 3

MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("target", pa.string()),
        ("kind", pa.string()),
        ("fold", pa.string()),
        ("algorithm", pa.string()),
        ("component", pa.string()),
        ("feature", pa.string()),
        ("position", pa.int64()),
        ("value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class FitOptions:
    """What all fits of a build have in common.

    Attributes
    ----------
    algorithms : tuple of str
        Of `ESTIMATORS`; those that cannot predict a target's kind are left out.
    min_positives, min_negatives : int
        Different customers of each class needed: one customer seen on four days is one
        witness. Of an amount a positive is one above 0. With
        fewer only the baseline is fitted.
    horizon_days, gap_days : int
        A row's label is known so many days after its as-of day. The choice between
        candidates and the calibration keep that much apart.
    random_state : int
    recency : str
        The feature of the baseline.
    """

    algorithms: tuple[str, ...]
    min_positives: int
    min_negatives: int
    horizon_days: int
    gap_days: int
    random_state: int
    recency: str = "recency_days"

    def __post_init__(self) -> None:
        unknown = [name for name in self.algorithms if name not in ESTIMATORS]
        if unknown:
            raise ValueError(
                f"algorithms must be some of {sorted(ESTIMATORS)}, got {unknown}; "
                "correct pm_estimators"
            )
        at_least("min_positives", self.min_positives, 1, "a fit needs both classes")
        at_least("min_negatives", self.min_negatives, 1, "a fit needs both classes")


def fit_folds(
    fits: pa.Table,
    read: Callable[[dict[str, str]], pa.Table],
    selection: pa.Table,
    options: FitOptions,
) -> pa.Table:
    """Fit every algorithm for each target and fold.

    Parameters
    ----------
    fits : pyarrow.Table
        One row per fit: target, kind ('binary' or 'amount') and fold.
    read : callable
        Takes one row of `fits` and returns its training rows, as for `fit_fold`: one
        part at a time is in memory.
    selection : pyarrow.Table
        target, fold, feature and is_selected: what the models of each fold see.
    options : FitOptions

    Returns
    -------
    pyarrow.Table
        `MODEL_SCHEMA`, sorted.
    """
    require_columns(fits, FIT_NAMES, name="fits")
    seen: dict[tuple[str, str], list[str]] = {}
    for row in selection.filter(pc.field("is_selected")).to_pylist():
        seen.setdefault((row["target"], row["fold"]), []).append(row["feature"])
    ordered = sorted_by(fits.select(FIT_NAMES), FIT_NAMES).to_pylist()
    fitted = [
        fit_fold(
            read(fit), fit, sorted(seen.get((fit["target"], fit["fold"]), ())), options
        )
        for fit in reported(ordered, "folds fitted")
    ]
    models = pa.concat_tables([MODEL_SCHEMA.empty_table(), *fitted])
    return models.sort_by([(name, "ascending") for name in MODEL_SCHEMA.names[:-1]])


def fit_fold(
    rows: pa.Table, fit: Mapping[str, str], features: Sequence[str], options: FitOptions
) -> pa.Table:
    """Fit a target on the training rows of one fold.

    Parameters
    ----------
    rows : pyarrow.Table
        One row per as_of_date and customer_id, possibly none, with label (0/1 of a
        binary target, else an amount) and the features, null where not known.
    fit : mapping
        target, kind and fold.
    features : sequence of str
        What models see; with none only the baseline is fitted.
    options : FitOptions

    Returns
    -------
    pyarrow.Table
        `MODEL_SCHEMA`: the baseline, and unless there is too little data each
        algorithm. Components are those of the algorithm, and 'meta': train_rows and
        train_positives (of the rows fitted), train_mean (of the label), status_code (1
        ok, 0 insufficient data), the settings chosen, validation_loss, and the metrics
        on the training rows themselves as train_<metric>.

    Notes
    -----
    Candidates are fitted on days whose labels were known on the last training day, and
    compared by log loss (of an amount the squared error) on that day; equal ones go to
    the first. The calibration is fitted on that day's scores of the one chosen. The
    model is then fitted on all rows. Where the past is too short for that, a third of
    the customers takes the place of the last day (is_validated_later is 0).

    model_version is a hash of the parameters, the training rows and the settings.
    """
    require_columns(rows, ["label", *KEYS, options.recency], name="training rows")
    target, kind, fold = (fit[name] for name in FIT_NAMES)
    features = list(features)
    rows = sorted_by(rows, KEYS, name="training rows")
    labels = to_matrix(rows, ["label"], name="training rows")[:, 0]
    if kind == BINARY and not np.isin(labels, (0, 1)).all():
        raise ValueError(
            f"label of target {target!r} must be 0 or 1, got other values; give the "
            "target the kind amount, or correct its label model"
        )
    is_sufficient = _is_sufficient(rows, labels, kind, options)
    matrix = to_matrix(rows, features, name="training rows", allow_missing=True)
    data = content_hash(
        {
            "keys": [rows[key].cast(pa.string()).to_pylist() for key in KEYS],
            "features": features,
            "matrix": matrix,
            "labels": labels,
        }
    )
    is_sufficient = is_sufficient and bool(features)
    status = STATUS_OK if is_sufficient else STATUS_INSUFFICIENT_DATA
    shared = {
        "train_rows": float(len(labels)),
        "train_positives": float((labels > 0).sum()),
        "train_mean": labels.mean() if len(labels) else np.nan,
        "status_code": status,
    }
    results = []
    with one_thread(), warnings.catch_warnings():
        # Said in the row 'converged' and in the metrics; a build has no one to warn.
        warnings.simplefilter("ignore", ConvergenceWarning)
        days = to_matrix(
            rows, [options.recency], name="training rows", allow_missing=True
        )[:, 0]
        learned = (
            fit_mean(labels) if kind == AMOUNT else fit_recency_rates(days, labels)
        )
        scores = score_baseline(days, Parameters(to_rows(learned, features)))
        results.append((BASELINE, learned, _metrics(kind, labels, scores)))
        if is_sufficient:
            fitted_on = _Days.split(rows, matrix, labels, features, kind, options)
            for name in options.algorithms:
                if kind in ESTIMATORS[name].kinds:
                    learned, meta = _fit(ESTIMATORS[name], fitted_on)
                    results.append((name, learned, meta))
    tables = [
        _model_rows(target, kind, fold, name, learned, shared | meta, features, data)
        for name, learned, meta in results
    ]
    return pa.concat_tables(tables)


def _is_sufficient(rows: pa.Table, labels, kind: str, options: FitOptions) -> bool:
    """Whether enough different customers are on either side."""

    def customers(mask) -> int:
        return pc.count_distinct(rows["customer_id"].filter(pa.array(mask))).as_py()

    is_positive = labels > 0
    if customers(is_positive) < options.min_positives:
        return False
    return kind == AMOUNT or customers(~is_positive) >= options.min_negatives


@dataclass(frozen=True)
class _Days:
    """All rows, and of them those to choose on and those to choose by."""

    all: Rows
    earlier: Rows | None
    later: Rows | None
    is_by_time: bool

    @classmethod
    def split(cls, rows, matrix, labels, features, kind, options) -> "_Days":
        def part(mask) -> Rows:
            return Rows(
                matrix=matrix[mask],
                labels=labels[mask],
                features=features,
                kind=kind,
                random_state=options.random_state,
                preparation=Preparation.fit(matrix[mask]),
            )

        everything = part(np.ones(len(labels), dtype=bool))
        days = rows["as_of_date"].cast(pa.date32()).to_numpy().astype("datetime64[D]")
        apart = np.timedelta64(options.horizon_days + options.gap_days, "D")
        by_time = days <= days.max() - apart
        for masks in ((by_time, days == days.max()), _by_customer(rows)):
            if all(_has_both(labels[mask]) for mask in masks):
                earlier, later = map(part, masks)
                return cls(everything, earlier, later, masks[0] is by_time)
        return cls(everything, None, None, False)


def _has_both(labels: np.ndarray) -> bool:
    return len(labels) > 0 and labels.min() < labels.max()


def _by_customer(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Masks of two thirds of the customers and of the others, by a hash of the key."""
    codes = rows["customer_id"].combine_chunks().dictionary_encode()
    people = pa.table({"customer_id": codes.dictionary})
    order = hash_order(people, ["customer_id"])
    is_held = np.zeros(len(order), dtype=bool)
    is_held[order[: int(len(order) * VALIDATION_SHARE)]] = True
    is_later = is_held[codes.indices.to_numpy()]
    return ~is_later, is_later


def _fit(estimator: Estimator, days: _Days) -> tuple[Learned, dict[str, float]]:
    """What was learned, and how."""
    kind = days.all.kind
    chosen, loss = dict(estimator.fallback[kind]), np.nan
    calibration: Learned = {}
    if days.earlier is not None:
        chosen, loss, scores = _choose(estimator, days)
        if kind == BINARY:
            calibration = fit_calibration(
                scores, days.later.labels, line=estimator.is_line_only
            )
    rows = replace(
        _sampled(days.all, estimator),
        is_balanced=estimator.is_balanced and bool(calibration),
    )
    learned = estimator.fit(rows, chosen)
    if kind == BINARY:
        if estimator.absorb:
            learned = estimator.absorb(learned, calibration)
        else:
            learned = learned | calibration
    features = days.all.features
    parameters = Parameters(to_rows(learned, features))
    score, probability = predict(
        estimator.name, kind, days.all.matrix, parameters, features
    )
    meta = {
        **chosen,
        "validation_loss": loss,
        "is_validated_later": float(days.is_by_time),
        "is_calibrated": float(bool(calibration)),
        **_metrics(kind, days.all.labels, score if kind == AMOUNT else probability),
    }
    for name in ("iterations", "converged"):
        if name in learned:
            meta[name] = learned.pop(name)
    learned = learned | _profile(
        {
            **dict(zip(features, days.all.matrix.T, strict=True)),
            PREDICTION: score if kind == AMOUNT else probability,
        }
    )
    return learned, meta


def _profile(columns: Mapping[str, np.ndarray]) -> Learned:
    """Where the training rows lie, for later ones to be compared with.

    'profile_edge' holds the lower edges of each column's bins, 'profile_share' the
    share of the rows in each, that of missing values first.
    """
    edges = {
        name: lower_edges(column, PROFILE_BINS) for name, column in columns.items()
    }
    shares = {name: bin_shares(columns[name], edges[name]) for name in columns}
    return {
        component: Vector(
            [name for name, values in parts.items() for _ in values],
            np.concatenate(list(parts.values())),
        )
        for component, parts in (("profile_edge", edges), ("profile_share", shares))
    }


def _sampled(rows: Rows, estimator: Estimator) -> Rows:
    """As many rows as the estimator can bear, drawn at random by the seed."""
    if estimator.rows_max is None or len(rows.labels) <= estimator.rows_max:
        return rows
    generator = np.random.default_rng(rows.random_state)
    order = generator.permutation(len(rows.labels))
    drawn = order[: estimator.rows_max]
    if rows.kind == BINARY:
        for label in (0, 1):
            wanted = order[rows.labels[order] == label][:DRAWN_OF_EACH]
            if (rows.labels[drawn] == label).sum() < len(wanted):
                others = order[rows.labels[order] != label]
                room = estimator.rows_max - len(wanted)
                drawn = np.concatenate([wanted, others[:room]])
    kept = np.sort(drawn)
    return replace(rows, matrix=rows.matrix[kept], labels=rows.labels[kept])


def _choose(estimator: Estimator, days: _Days) -> tuple[Settings, float, np.ndarray]:
    """The candidate with the smallest loss on later rows, its loss and its scores."""
    kind, features = days.all.kind, days.all.features
    earlier = replace(
        _sampled(days.earlier, estimator),
        is_choosing=True,
        is_balanced=estimator.is_balanced and kind == BINARY,
    )
    tried = []
    for settings in estimator.candidates[kind]:
        if estimator.stages:
            tried += estimator.stages(earlier, settings, days.later.matrix)
            continue
        learned = estimator.fit(earlier, settings)
        parameters = Parameters(to_rows(learned, features))
        scores = estimator.score(days.later.matrix, parameters, features)
        if kind == BINARY and estimator.is_probability:
            scores = log_odds(scores)
        tried.append((settings, scores))
    losses = [_loss(kind, days.later.labels, scores) for _, scores in tried]
    best = int(np.argmin(losses))
    return dict(tried[best][0]), losses[best], tried[best][1]


def _loss(kind: str, labels: np.ndarray, scores: np.ndarray) -> float:
    """Log loss of log odds, or squared error, to nine digits: equal is then equal."""
    if kind == AMOUNT:
        loss = np.mean((np.maximum(scores, 0) - labels) ** 2)
    else:
        loss = np.mean(np.logaddexp(0, scores) - labels * scores)
    return float(f"{loss:.9g}")


def _metrics(kind: str, labels: np.ndarray, values: np.ndarray) -> dict[str, float]:
    """How well the training rows are predicted, for the gap to later rows."""
    if len(labels) == 0 or (kind == BINARY and labels.min() == labels.max()):
        return {}
    if kind == AMOUNT:
        found = {
            "mse": mean_squared_error(labels, values),
            "mae": mean_absolute_error(labels, values),
        }
        if labels.min() < labels.max():
            found["r2"] = r2_score(labels, values)
    else:
        found = {
            "auc": roc_auc_score(labels, values),
            "average_precision": average_precision_score(labels, values),
            "log_loss": log_loss(labels, values),
            "brier": brier_score_loss(labels, values),
        }
    return {f"train_{name}": float(value) for name, value in found.items()}


def _model_rows(
    target, kind, fold, algorithm, learned, meta, features, data
) -> pa.Table:
    rows = to_rows(learned, features)
    components, names, positions, values = zip(*rows, strict=True)
    version = content_hash(
        {
            "target": target,
            "algorithm": algorithm,
            "code_version": __version__,
            "components": list(components),
            "features": list(names),
            "positions": np.array(positions),
            "values": np.array(values, dtype=np.float64),
            "data": data,
        }
    )
    rows += to_rows({"meta": meta}, features)
    parts = list(zip(*rows, strict=True))
    return conform(
        {
            "model_version": [version] * len(rows),
            "target": [target] * len(rows),
            "kind": [kind] * len(rows),
            "fold": [fold] * len(rows),
            "algorithm": [algorithm] * len(rows),
            **dict(
                zip(("component", "feature", "position", "value"), parts, strict=True)
            ),
        },
        MODEL_SCHEMA,
        name="model",
    )
