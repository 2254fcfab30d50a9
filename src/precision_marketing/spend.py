"""What customers will spend: whether they buy, times how much those spend who do."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import GammaRegressor, LogisticRegression
from sklearn.preprocessing import StandardScaler

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

TARGET = "spend"
SPEND = "spend"
MODEL = "two_stage"
# On the mean deviance, coefficients per scale. As weak as it can be while features that
# say nearly the same still share their part; 0.1 and 0.001 move the sums by under 1 %.
PENALTY = 0.01
# sklearn's own; there is one training day, so no later one to choose a strength by.
PURCHASE_C = 1.0
TOLERANCE = 1e-8
MAX_ITERATIONS = 1_000

SPEND_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("target", pa.string()),
        ("algorithm", pa.string()),
        ("component", pa.string()),
        ("feature", pa.string()),
        ("value", pa.float64()),
    ]
)
# What a snapshot holds beside its features and the outcome.
SNAPSHOT_COLUMNS = ("as_of_date", "customer_id", "split", "label", "recency_days")


def spend_features(snapshots: pa.Table, *, spend: str = SPEND) -> list[str]:
    """Names of a snapshot table's features: all that is neither key nor outcome.

    Parameters
    ----------
    snapshots : pyarrow.Table
    spend : str
        The outcome.

    Returns
    -------
    list of str
        In the table's order.
    """
    known = {*SNAPSHOT_COLUMNS, spend}
    return [name for name in snapshots.column_names if name not in known]


@one_thread()
def fit_spend_model(
    snapshots: pa.Table,
    *,
    feature_columns: Sequence[str],
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    label: str = "label",
    spend: str = SPEND,
    max_rows: int = 100_000,
    random_state: int = 0,
    min_positives: int = 100,
    min_negatives: int = 100,
    code_version: str = __version__,
) -> pa.Table:
    """Fit a logistic regression of buying and a gamma regression of spending.

    Parameters
    ----------
    snapshots : pyarrow.Table
        One row per `key_columns`, in any order, all of one day and of `split` 'train'.
    feature_columns : sequence of str
        Numbers, all finite.
    key_columns : sequence of str
    label : str
        Column with 0/1: whether anything was spent in the horizon.
    spend : str
        Column with how much; above 0 where label is 1.
    max_rows : int
        Rows used: the first in sha256 order of the key.
    random_state : int
        Recorded in model_version; neither solver makes a random choice.
    min_positives, min_negatives : int
        Rows of each class needed. With fewer nothing is learned, and the model's only
        rows are those that say so.
    code_version : str
        Version of the code that prepared the features; part of model_version.

    Returns
    -------
    pyarrow.Table
        `SPEND_MODEL_SCHEMA`. Components 'mean' and 'scale' of each feature; of the
        first stage 'coefficient' (log odds per scale) and 'intercept'; of the second
        'spend_coefficient' (logarithm of money per scale) and 'spend_intercept';
        'meta' with train_rows, train_positives and status_code (1: fitted). 0 rows in,
        0 rows out.

    Raises
    ------
    ValueError
        A label other than 0 or 1, a feature that is not finite, a split other than
        'train', or a buyer whose spend is not above 0.

    Notes
    -----
    spend = P(buys) * exp(intercept + sum coefficient * (x - mean) / scale).

    A gamma regression with a logarithmic link weighs relative errors alike, so a few
    giant baskets do not decide the coefficients; its intercept is then moved until
    predicted and actual spend of the training buyers have one sum.
    """
    key_columns, feature_columns = list(key_columns), list(feature_columns)
    at_least("number of feature_columns", len(feature_columns), 1, "name one")
    needed = [*key_columns, *feature_columns, label, spend, "split"]
    require_columns(snapshots, needed, name="snapshots")
    if snapshots.num_rows == 0:
        return SPEND_MODEL_SCHEMA.empty_table()
    _require_only(snapshots, "split", {"train"})
    _require_only(snapshots, label, {0, 1})

    train = sorted_by(snapshots, key_columns, name="snapshots")
    train = train.take(pa.array(hash_order(train, key_columns)[:max_rows]))
    labels = train[label].cast(pa.int64()).to_numpy()
    matrix = to_matrix(train, feature_columns, name="snapshots")
    amounts = to_matrix(train, [spend], name="snapshots")[labels == 1, 0]
    if (amounts <= 0).any():
        raise ValueError(
            f"{spend} must be above 0 where {label} is 1, got "
            f"{int((amounts <= 0).sum())} other rows; a buyer is who brought money"
        )
    positives = int(labels.sum())
    is_sufficient = positives >= max(min_positives, 1) and len(
        labels
    ) - positives >= max(min_negatives, 1)
    learned = (
        _two_stages(matrix, labels, amounts, feature_columns) if is_sufficient else []
    )
    version = content_hash(
        {
            "target": TARGET,
            "algorithm": MODEL,
            "random_state": random_state,
            "code_version": code_version,
            "learned": [list(row) for row in learned],
            "train_keys": [
                train[key].cast(pa.string()).to_pylist() for key in key_columns
            ],
            "train_values": matrix,
            "train_labels": labels,
            "amounts": amounts,
        }
    )
    meta = [
        ("meta", "train_rows", float(len(labels))),
        ("meta", "train_positives", float(positives)),
        ("meta", "status_code", float(is_sufficient)),
    ]
    long_rows = sorted((version, TARGET, MODEL, *row) for row in (*learned, *meta))
    columns = map(list, zip(*long_rows, strict=True))
    return conform(
        dict(zip(SPEND_MODEL_SCHEMA.names, columns, strict=True)),
        SPEND_MODEL_SCHEMA,
        name="spend model",
    )


def _require_only(snapshots: pa.Table, column: str, allowed: set) -> None:
    others = set(pc.unique(snapshots[column]).to_pylist()) - allowed
    if others:
        raise ValueError(
            f"{column} must be in {sorted(allowed)}, got {sorted(map(str, others))}; "
            "filter other rows out before the fit"
        )


def _two_stages(
    matrix: np.ndarray,
    labels: np.ndarray,
    amounts: np.ndarray,
    feature_columns: Sequence[str],
) -> list[tuple[str, str, float]]:
    """Rows (component, feature, value) of both regressions."""
    scaler = StandardScaler().fit(matrix)
    scaled = scaler.transform(matrix)
    purchase = LogisticRegression(
        C=PURCHASE_C, tol=TOLERANCE, max_iter=MAX_ITERATIONS
    ).fit(scaled, labels)
    buyers = scaled[labels == 1]
    # In multiples of the mean: the solver's tolerance then means the same in any money.
    unit = float(amounts.mean())
    spending = GammaRegressor(
        alpha=PENALTY, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_ITERATIONS
    ).fit(buyers, amounts / unit)
    level = np.log(amounts.sum() / spending.predict(buyers).sum())
    along_features = {
        "mean": scaler.mean_,
        "scale": scaler.scale_,
        "coefficient": purchase.coef_[0],
        "spend_coefficient": spending.coef_,
    }
    return [
        (component, feature, float(value))
        for component, values in along_features.items()
        for feature, value in zip(feature_columns, values, strict=True)
    ] + [
        ("intercept", "intercept", float(purchase.intercept_[0])),
        ("spend_intercept", "intercept", float(spending.intercept_ + level)),
    ]
