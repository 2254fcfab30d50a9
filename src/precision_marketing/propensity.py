"""Who buys in the next H days: a logistic regression as rows, and its baseline."""

import warnings
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import logit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from precision_marketing import __version__
from precision_marketing.frames import (
    at_least,
    conform,
    content_hash,
    hash_order,
    key_fields,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)

ALGORITHM = "logistic_regression"
BASELINE_ALGORITHM = "baseline_rate"
STATUS_OK = 1.0
STATUS_INSUFFICIENT_DATA = 0.0
TRAIN, TEST = "train", "test"
# The strength sklearn starts from; used when there is no earlier snapshot to choose by.
DEFAULT_C = 1.0
# On the mean gradient. At sklearn's 1e-4 coefficients still move in the third digit;
# at 1e-8 two solvers agree to six, for about twice the iterations.
TOLERANCE = 1e-8
MAX_ITERATIONS = 1_000
PREDICT_ROWS = 250_000

META = (
    "train_rows",
    "train_positives",
    "test_rows",
    "test_positives",
    "regularisation_c",
    "iterations",
    "converged",
    "status_code",
    "base_rate",
)

PURCHASE_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("target", pa.string()),
        ("algorithm", pa.string()),
        ("component", pa.string()),
        ("feature", pa.string()),
        ("value", pa.float64()),
    ]
)

# Behind the key columns, which keep the names and types they arrived with.
PREDICTION_FIELDS = (
    pa.field("probability", pa.float64()),
    pa.field("linear_score", pa.float64()),
    pa.field("model_version", pa.string()),
)

RECENCY_BASELINE_SCHEMA = pa.schema(
    [
        ("target", pa.string()),
        ("bin", pa.int64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("train_rows", pa.int64()),
        ("train_positives", pa.int64()),
        ("rate", pa.float64()),
    ]
)


def fit_purchase_model(
    snapshots: pa.Table,
    *,
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    feature_columns: Sequence[str],
    label: str = "label",
    split_column: str = "split",
    as_of_column: str = "as_of_date",
    max_rows: int = 100_000,
    random_state: int = 0,
    regularisation_grid: Sequence[float] = (0.001, 0.01, 0.1, 1.0, 10.0),
    min_positives: int = 100,
    min_negatives: int = 100,
    customer: str = "customer_id",
    horizon_days: int = 0,
    is_fitted_without_rows: bool = False,
    code_version: str = __version__,
    target: str = "purchase",
) -> pa.Table:
    """Fit one logistic regression on the training snapshots.

    Parameters
    ----------
    snapshots : pyarrow.Table
        One row per `key_columns`, in any order: what was known before an as-of date
        and whether the customer bought after it.
    key_columns : sequence of str
    feature_columns : sequence of str
        Numbers, decimals or flags, all finite.
    label : str
        Column with 0/1 (or a flag), none missing.
    split_column : str
        Column with 'train' or 'test'. Test rows are counted and otherwise not read.
    as_of_column : str
        Column by which training rows are ordered in time.
    max_rows : int
        Training rows used: the first in sha256 order of the key.
    random_state : int
        Recorded in model_version. lbfgs makes no random choice; the parameter keeps
        one signature for all fits.
    regularisation_grid : sequence of float
        Values of sklearn's C (inverse strength of L2 on scaled coefficients) to
        choose from.
    min_positives, min_negatives : int
        Different customers of each class needed in training, counted before sampling:
        one customer seen on four days is one witness. With fewer the base rate is
        returned as the model.
    customer : str
        Column that names the customer.
    horizon_days : int
        Days that a label looks ahead; the choice of C keeps that much apart.
    is_fitted_without_rows : bool
        Whether 0 rows in give the model that knows nothing, so that customers with no
        past day still get a row that says so.
    code_version : str
        Version of the code that prepared the features; part of model_version.
    target : str
        Name of what is predicted.

    Returns
    -------
    pyarrow.Table
        `PURCHASE_MODEL_SCHEMA`, sorted; one row per (model_version, component,
        feature). Components: 'mean' and 'scale' (in the features' units),
        'coefficient' (log odds per scale), 'intercept' and 'meta'. meta: train_rows
        and train_positives (of the rows fitted), test_rows, test_positives,
        regularisation_c, iterations, converged, status_code (1 ok, 0 insufficient
        data), base_rate (training share of positives). 0 rows in, 0 rows out, unless
        `is_fitted_without_rows`.

    Raises
    ------
    ValueError
        When a parameter is out of range, a column is missing, a key repeats, a label
        is not 0/1, a split is neither train nor test, or a feature is not finite.

    Notes
    -----
    probability = 1 / (1 + exp(-(intercept + sum coefficient * (x - mean) / scale))).

    C is the value with the lowest log loss on the last training as-of date, fitted on
    those at least `horizon_days` earlier, whose labels were all in by then; equal
    losses go to the stronger penalty. Without such a date, or with a class missing on
    either side, it is the grid's value nearest to `DEFAULT_C` (in ratio). The model is
    then fitted on all sampled training rows.

    With insufficient data: algorithm 'baseline_rate', no features, and intercept
    = logit((positives + 1) / (rows + 2)) (Laplace's rule), so the same SQL scores it.
    Without any training row there is nothing to say: intercept and base_rate are
    null, and so is every probability computed from them.

    model_version is a hash of the parameters, the training rows and the settings; it
    does not change with the test rows.
    """
    key_columns, feature_columns = list(key_columns), list(feature_columns)
    grid = sorted(float(c) for c in regularisation_grid)
    _check_fit_parameters(feature_columns, grid, max_rows, min_positives, min_negatives)
    needed = [*key_columns, *feature_columns, label, split_column]
    needed += [as_of_column, customer]
    needed = list(dict.fromkeys(needed))
    require_columns(snapshots, needed, name="snapshots")
    if snapshots.num_rows == 0 and not is_fitted_without_rows:
        return PURCHASE_MODEL_SCHEMA.empty_table()

    train, test = _split(snapshots.select(needed), split_column)
    train = sorted_by(train, key_columns, name="snapshots (train)")
    train_labels = _labels(train, label)
    test_labels = _labels(test, label)
    is_sufficient = (
        _customer_count(train, train_labels == 1, customer) >= min_positives
        and _customer_count(train, train_labels == 0, customer) >= min_negatives
    )
    if is_sufficient:
        order = hash_order(train, key_columns)[:max_rows]
        train, train_labels = train.take(pa.array(order)), train_labels[order]
        # A sample can lose the last row of a rare class; then there is no fit either.
        is_sufficient = 0 < train_labels.sum() < len(train_labels)
    rows, positives = len(train_labels), int(train_labels.sum())

    learned: dict[str, dict[str, float | None]] = {}
    meta: dict[str, float | None] = {
        "train_rows": rows,
        "train_positives": positives,
        "test_rows": len(test_labels),
        "test_positives": int(test_labels.sum()),
        "regularisation_c": None,
        "iterations": 0,
        "converged": None,
        "status_code": STATUS_OK if is_sufficient else STATUS_INSUFFICIENT_DATA,
        "base_rate": positives / rows if rows else None,
    }
    matrix = to_matrix(train, feature_columns, name="snapshots (train)")
    if is_sufficient:
        algorithm = ALGORITHM
        with one_thread():
            scaler = StandardScaler().fit(matrix)
            strength = _choose_strength(
                matrix,
                train_labels,
                train[as_of_column],
                grid=grid,
                horizon_days=horizon_days,
            )
            model, converged = _fit(scaler.transform(matrix), train_labels, strength)
        learned["mean"] = dict(zip(feature_columns, scaler.mean_, strict=True))
        learned["scale"] = dict(zip(feature_columns, scaler.scale_, strict=True))
        learned["coefficient"] = dict(zip(feature_columns, model.coef_[0], strict=True))
        learned["intercept"] = {"intercept": float(model.intercept_[0])}
        meta["regularisation_c"] = strength
        meta["iterations"] = int(model.n_iter_[0])
        meta["converged"] = float(converged)
    else:
        algorithm = BASELINE_ALGORITHM
        smoothed = (positives + 1) / (rows + 2) if rows else None
        learned["intercept"] = {
            "intercept": None if smoothed is None else float(logit(smoothed))
        }

    version = content_hash(
        {
            "target": target,
            "algorithm": algorithm,
            "random_state": random_state,
            "code_version": code_version,
            "features": feature_columns,
            "learned": [
                [part, feature, value]
                for part in sorted(learned)
                for feature, value in sorted(learned[part].items())
            ],
            "train_keys": [
                train[key].cast(pa.string()).to_pylist() for key in key_columns
            ],
            "train_values": matrix,
            "train_labels": train_labels,
        }
    )
    learned["meta"] = {name: meta[name] for name in META}
    long_rows = sorted(
        (version, target, algorithm, part, feature, value)
        for part, values in learned.items()
        for feature, value in values.items()
    )
    columns = map(list, zip(*long_rows, strict=True))
    return conform(
        dict(zip(PURCHASE_MODEL_SCHEMA.names, columns, strict=True)),
        PURCHASE_MODEL_SCHEMA,
        name="purchase model",
    )


def predict_purchase(
    snapshots: pa.Table,
    parameters: pa.Table,
    *,
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    feature_columns: Sequence[str],
    target: str = "purchase",
) -> pa.Table:
    """Score snapshots with sklearn objects rebuilt from parameter rows.

    Parameters
    ----------
    snapshots : pyarrow.Table
        One row per `key_columns`, in any order; no label needed.
    parameters : pyarrow.Table
        From `fit_purchase_model`; several versions of a target score side by side.
    key_columns, feature_columns : sequence of str
        As in the fit; features in any order.
    target : str
        Which rows of `parameters` to use.

    Returns
    -------
    pyarrow.Table
        One row per key and model_version, in that order: keys, probability,
        linear_score (log odds), model_version. Both numbers are null for a version
        that was fitted on no row. 0 rows when there is no snapshot or no version.

    Raises
    ------
    ValueError
        When features are not those of the model or not finite (the message names
        each column with its count), or a key repeats.
    """
    key_columns, feature_columns = list(key_columns), list(feature_columns)
    require_columns(snapshots, [*key_columns, *feature_columns], name="snapshots")
    require_columns(parameters, PURCHASE_MODEL_SCHEMA.names, name="parameters")
    schema = pa.schema([*key_fields(snapshots, key_columns), *PREDICTION_FIELDS])
    rows = parameters.filter(pc.field("target") == target).to_pylist()
    versions = sorted({row["model_version"] for row in rows})
    if snapshots.num_rows == 0 or not versions:
        return schema.empty_table()

    ordered = sorted_by(
        snapshots.select([*key_columns, *feature_columns]),
        key_columns,
        name="snapshots",
    )
    matrix = to_matrix(ordered, feature_columns, name="snapshots")
    scored = []
    for version in versions:
        values = {
            (row["component"], row["feature"]): row["value"]
            for row in rows
            if row["model_version"] == version
        }
        probability, linear_score = _score(matrix, values, feature_columns, version)
        scored.append(
            conform(
                {
                    **{key: ordered[key] for key in key_columns},
                    "probability": pa.array(probability, from_pandas=True),
                    "linear_score": pa.array(linear_score, from_pandas=True),
                    "model_version": [version] * len(matrix),
                },
                schema,
                name="purchase predictions",
            )
        )
    by_key = [(column, "ascending") for column in (*key_columns, "model_version")]
    return pa.concat_tables(scored).sort_by(by_key).combine_chunks()


def recency_baseline(
    snapshots: pa.Table,
    *,
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    recency: str = "recency_days",
    label: str = "label",
    split_column: str = "split",
    n_bins: int = 10,
    target: str = "purchase",
) -> pa.Table:
    """Purchase rate by days since the last order: the rule a model has to beat.

    Parameters
    ----------
    snapshots : pyarrow.Table
        As for `fit_purchase_model`.
    key_columns : sequence of str
    recency : str
        Column with days since the last order; null means never ordered.
    label, split_column, target : str
        As for `fit_purchase_model`.
    n_bins : int, default 10
        Bins of about equal count; equal recencies share a bin, so there may be fewer.

    Returns
    -------
    pyarrow.Table
        `RECENCY_BASELINE_SCHEMA`, one row per bin. Bins 1.. hold lower <= recency <
        upper, the first from -infinity and the last to infinity; bin 0, always there,
        holds null recency and has null bounds. Learned on train only. 0 rows without
        training rows.

    Raises
    ------
    ValueError
        As for `fit_purchase_model`.

    Notes
    -----
    rate = (positives + 2 p) / (rows + 2), where p = (all positives + 1) / (all rows
    + 2): two rows at the overall rate, so an empty bin has the overall rate and no
    rate is 0 or 1. Many bins of recency contain the best single threshold.
    """
    key_columns = list(key_columns)
    at_least("n_bins", n_bins, 1, "10 shows the shape on a few thousand rows")
    needed = list(dict.fromkeys([*key_columns, recency, label, split_column]))
    require_columns(snapshots, needed, name="snapshots")
    train, _ = _split(snapshots.select(needed), split_column)
    if train.num_rows == 0:
        return RECENCY_BASELINE_SCHEMA.empty_table()
    train = sorted_by(train, key_columns, name="snapshots (train)")
    labels = _labels(train, label)
    days = to_matrix(train, [recency], name="snapshots", allow_missing=True)[:, 0]

    known = days[np.isfinite(days)]
    cuts = np.empty(0)
    if len(known):
        # 'higher' picks values that occur, so no bin is empty.
        shares = np.arange(1, n_bins) / n_bins
        cuts = np.unique(np.quantile(known, shares, method="higher"))
        cuts = cuts[cuts > known.min()]
    edges = np.array([-np.inf, *cuts, np.inf])
    bins = _recency_bins(days, edges)
    bin_rows = np.bincount(bins, minlength=len(edges))
    bin_positives = np.bincount(bins[labels == 1], minlength=len(edges))
    overall = (labels.sum() + 1) / (len(labels) + 2)
    return conform(
        {
            "target": [target] * len(edges),
            "bin": np.arange(len(edges)),
            "lower": [None, *edges[:-1]],
            "upper": [None, *edges[1:]],
            "train_rows": bin_rows,
            "train_positives": bin_positives,
            "rate": (bin_positives + 2 * overall) / (bin_rows + 2),
        },
        RECENCY_BASELINE_SCHEMA,
        name="recency baseline",
    )


def predict_recency_baseline(
    snapshots: pa.Table,
    baseline: pa.Table,
    *,
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    recency: str = "recency_days",
    target: str = "purchase",
) -> pa.Table:
    """Score snapshots with the rate of their recency bin.

    Parameters
    ----------
    snapshots : pyarrow.Table
        One row per `key_columns`, in any order.
    baseline : pyarrow.Table
        From `recency_baseline`.
    key_columns : sequence of str
    recency, target : str

    Returns
    -------
    pyarrow.Table
        Sorted by key: keys and baseline_probability. 0 rows without a baseline.
    """
    key_columns = list(key_columns)
    require_columns(snapshots, [*key_columns, recency], name="snapshots")
    require_columns(baseline, RECENCY_BASELINE_SCHEMA.names, name="baseline")
    schema = pa.schema(
        [
            *key_fields(snapshots, key_columns),
            pa.field("baseline_probability", pa.float64()),
        ]
    )
    rule = baseline.filter(pc.field("target") == target).sort_by("bin")
    if snapshots.num_rows == 0 or rule.num_rows == 0:
        return schema.empty_table()
    ordered = sorted_by(snapshots, key_columns, name="snapshots")
    days = to_matrix(ordered, [recency], name="snapshots", allow_missing=True)[:, 0]
    edges = np.array([*rule["lower"].to_pylist()[1:], np.inf])
    rates = rule["rate"].to_numpy()
    return conform(
        {
            **{key: ordered[key] for key in key_columns},
            "baseline_probability": rates[_recency_bins(days, edges)],
        },
        schema,
        name="recency baseline predictions",
    )


def _check_fit_parameters(
    feature_columns, grid, max_rows, min_positives, min_negatives
) -> None:
    at_least("number of feature_columns", len(feature_columns), 1, "name one")
    if len(set(feature_columns)) != len(feature_columns):
        raise ValueError(
            f"feature_columns must be distinct, got {feature_columns}; drop the repeat"
        )
    if not grid or not all(0 < c < np.inf for c in grid):
        raise ValueError(
            f"regularisation_grid must hold positive finite numbers, got {grid}; "
            "use for example (0.01, 0.1, 1.0)"
        )
    at_least("max_rows", max_rows, 2, "a fit needs both classes")
    at_least("min_positives", min_positives, 1, "a fit needs both classes")
    at_least("min_negatives", min_negatives, 1, "a fit needs both classes")


def _split(snapshots: pa.Table, split_column: str) -> tuple[pa.Table, pa.Table]:
    """Training and test rows; any other split is an error, not a silent loss."""
    splits = snapshots[split_column].cast(pa.string())
    others = set(pc.unique(splits).to_pylist()) - {TRAIN, TEST}
    if others:
        found = sorted(map(str, others))
        raise ValueError(
            f"{split_column} must be '{TRAIN}' or '{TEST}', got {found}; "
            "filter other rows out before the fit"
        )
    return (
        snapshots.filter(pc.equal(splits, TRAIN)),
        snapshots.filter(pc.equal(splits, TEST)),
    )


def _labels(table: pa.Table, label: str) -> np.ndarray:
    """The label column as int64 of 0 and 1."""
    values = to_matrix(table, [label], name="snapshots", allow_missing=True)[:, 0]
    bad = int(np.count_nonzero((values != 0) & (values != 1)))
    if bad:
        raise ValueError(
            f"{label} must be 0 or 1, got {bad} other or missing values; "
            "label only rows whose horizon has passed"
        )
    return values.astype(np.int64)


def _fit(
    rows: np.ndarray, labels: np.ndarray, strength: float
) -> tuple[LogisticRegression, bool]:
    """An L2 logistic regression on scaled rows, and whether it converged."""
    model = LogisticRegression(C=strength, tol=TOLERANCE, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(rows, labels)
    stopped = any(issubclass(item.category, ConvergenceWarning) for item in caught)
    return model, not stopped


def _customer_count(table: pa.Table, is_wanted: np.ndarray, customer: str) -> int:
    return pc.count_distinct(table[customer].filter(pa.array(is_wanted))).as_py()


def _choose_strength(
    matrix: np.ndarray,
    labels: np.ndarray,
    as_of: pa.ChunkedArray,
    *,
    grid: list[float],
    horizon_days: int,
) -> float:
    """The C that predicts the last training as-of date best from the earlier ones."""
    default = min(grid, key=lambda c: (abs(np.log(c / DEFAULT_C)), c))
    days = as_of.cast(pa.date32()).to_numpy().astype("datetime64[D]")
    is_last = days == days.max()
    is_earlier = ~is_last & (days <= days.max() - np.timedelta64(horizon_days, "D"))
    earlier, last = labels[is_earlier], labels[is_last]
    if len(grid) == 1 or len(np.unique(earlier)) < 2 or len(np.unique(last)) < 2:
        return default
    scaler = StandardScaler().fit(matrix[is_earlier])
    earlier_rows = scaler.transform(matrix[is_earlier])
    last_rows = scaler.transform(matrix[is_last])
    losses = {}
    for strength in grid:
        model, _ = _fit(earlier_rows, earlier, strength)
        loss = log_loss(last, model.predict_proba(last_rows)[:, 1])
        losses[strength] = round(loss, 12)
    return min(losses, key=lambda c: (losses[c], c))


def _score(
    matrix: np.ndarray,
    values: dict[tuple[str, str], float | None],
    feature_columns: list[str],
    version: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Probability and log odds; NaN where the model has no intercept."""
    count = len(matrix)
    intercept = values["intercept", "intercept"]
    if intercept is None:
        return np.full(count, np.nan), np.full(count, np.nan)
    learned = sorted(feature for part, feature in values if part == "coefficient")
    if learned and learned != sorted(feature_columns):
        raise ValueError(
            f"feature_columns must be those of model {version}, {learned}; "
            f"got {sorted(feature_columns)}. Refit or pass the same features"
        )
    used = feature_columns if learned else []
    scaler = StandardScaler()
    scaler.mean_ = np.array([values["mean", feature] for feature in used])
    scaler.scale_ = np.array([values["scale", feature] for feature in used])
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(used)
    model = LogisticRegression()
    model.classes_ = np.array([0, 1])
    model.coef_ = np.array([[values["coefficient", feature] for feature in used]])
    model.intercept_ = np.array([intercept])
    model.n_features_in_ = len(used)

    linear_score = np.empty(count)
    probability = np.empty(count)
    with one_thread():
        for start in range(0, count, PREDICT_ROWS):
            block = slice(start, start + PREDICT_ROWS)
            if used:
                rows = scaler.transform(matrix[block])
                linear_score[block] = model.decision_function(rows)
                probability[block] = model.predict_proba(rows)[:, 1]
            else:
                linear_score[block] = intercept
                probability[block] = 1.0 / (1.0 + np.exp(-intercept))
    return probability, linear_score


def _recency_bins(days: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin 0 for a missing recency, else the bin with lower <= days < upper."""
    found = np.searchsorted(edges[1:-1], days, side="right") + 1
    return np.where(np.isfinite(days), found, 0)


# What a snapshot holds beside its features.
SNAPSHOT_COLUMNS = ("as_of_date", "customer_id", "split", "label", "recency_days")


def purchase_features(snapshots: pa.Table) -> list[str]:
    """Names of a snapshot table's features: all that is neither key nor outcome.

    Parameters
    ----------
    snapshots : pyarrow.Table

    Returns
    -------
    list of str
        In the table's order.
    """
    return [name for name in snapshots.column_names if name not in SNAPSHOT_COLUMNS]
