"""Which features a target's models see, chosen on training days alone, with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2, rankdata
from sklearn.linear_model import lars_path_gram

from precision_marketing.frames import (
    at_least,
    conform,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.progress import reported

SELECTED = "selected"
NEAR_CONSTANT = "near_constant"
SUSPECTED_LEAK = "suspected_leak"
NO_INFORMATION = "no_information"
CORRELATED = "correlated"
L1_ZERO = "l1_zero"
NOT_JUDGED = "not_judged"

BINARY, AMOUNT = "binary", "amount"
# Enough to see a hump, few enough that a bin of the smallest fit holds five customers.
BIN_COUNT = 10
# Levels that an amount is cut into: nothing, and five of equal size.
AMOUNT_LEVELS = 5
# Chance alone passes one feature in a hundred.
CHANCE_LEVEL = 0.01
MAX_L1_STEPS = 500
SAMPLE_KEYS = ("fold", "as_of_date", "customer_id")

FEATURE_SELECTION_SCHEMA = pa.schema(
    [
        ("fold", pa.string()),
        ("target", pa.string()),
        ("feature", pa.string()),
        ("is_selected", pa.bool_()),
        ("reason", pa.string()),
        ("related_feature", pa.string()),
        ("differing_share", pa.float64()),
        ("separation", pa.float64()),
        ("mutual_information", pa.float64()),
        ("correlation", pa.float64()),
        ("l1_coefficient", pa.float64()),
        ("row_count", pa.int64()),
        ("customer_count", pa.int64()),
    ]
)


@dataclass
class _Verdict:
    """What was found of one feature for one target."""

    reason: str = NOT_JUDGED
    related_feature: str | None = None
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rows:
    """The features of a set of rows, in the forms that the steps read.

    Attributes
    ----------
    scaled : numpy.ndarray of shape (n, d)
        Mean 0 and standard deviation 1; what is missing is 0, a constant all 0.
    differing_share : numpy.ndarray of shape (d,)
        Share of rows unlike the most frequent value; missing is a value.
    ranks : numpy.ndarray of shape (n, d)
        Mid-ranks from 1, of `scaled`.
    bins : numpy.ndarray of shape (n, d)
        Quantile bins from 0; the last one holds what is missing.
    customer_count : int
    """

    scaled: np.ndarray
    differing_share: np.ndarray
    ranks: np.ndarray
    bins: np.ndarray
    customer_count: int


def feature_names(rows: pa.Table) -> list[str]:
    """Columns of a table that are features: all but the keys of a sample."""
    return [name for name in rows.column_names if name not in SAMPLE_KEYS]


def select_features(
    rows: pa.Table,
    labels: pa.Table,
    *,
    feature_columns: Sequence[str],
    kinds: Mapping[str, str],
    min_positives: int = 50,
    min_negatives: int = 50,
    min_differing_share: float = 0.005,
    max_separation: float = 0.95,
    max_correlation: float = 0.95,
) -> pa.Table:
    """Choose the features of each target in each fold, and say why others were dropped.

    Parameters
    ----------
    rows : pyarrow.Table
        One row per (fold, as_of_date, customer_id), in any order: the features of the
        fold's training days. Missing values are allowed.
    labels : pyarrow.Table
        One row per (fold, target, as_of_date, customer_id) who is eligible for the
        target: `label`, never missing. Each must have its row in `rows`.
    feature_columns : sequence of str
        Length d.
    kinds : mapping of target to 'binary' or 'amount'
        The targets to choose for.
    min_positives, min_negatives : int
        Different customers with a label above 0, and of 0, from which on features are
        judged. With fewer all are kept, with reason not_judged.
    min_differing_share : float
        Least share of rows unlike the most frequent value.
    max_separation : float
        Above it a feature is no feature but the label: see Notes.
    max_correlation : float
        Of two features with a larger absolute correlation only the one with more
        information stays.

    Returns
    -------
    pyarrow.Table
        `FEATURE_SELECTION_SCHEMA`, sorted by fold, target, feature: one row per fold
        in `rows`, target in `kinds` and feature. A number is null for a feature that
        an earlier step had dropped.

    Raises
    ------
    ValueError
        When a column is missing, a key repeats, a label is missing or has no row, a
        kind is unknown or a parameter is out of range.

    Notes
    -----
    Each step sees what the one before it left; the first that objects gives the reason.

    1. near_constant: differing_share below `min_differing_share`.
    2. suspected_leak: separation above `max_separation`. For a binary label that is
       max(a, 1 - a), a being the feature's own area under the ROC curve, or 0.5 + |r| /
       2 for an amount, r being Spearman's rank correlation. One number that tells
       nearly everything of the future was most likely written down in it.
    3. no_information: mutual information in quantile bins, in nats, no larger than
       chance leaves it in one feature of a hundred. 2 n I is then chi-squared (Wilks),
       n being customers and not rows: one seen on four days is one witness.
    4. correlated: |Pearson's r| above `max_correlation` with a feature of more
       information that stays, named by `related_feature`.
    5. l1_zero: coefficient 0 in the lasso whose penalty has the least AIC along the
       LARS path, n ln(error) + 2 k with k coefficients other than 0 (Zou, Hastie and
       Tibshirani 2007), on scaled features, n as above. The label is 0 or 1, or
       ln(1 + amount).

    Nothing here is random. Equal information is ordered by the name of the feature.
    """
    feature_columns = sorted(feature_columns)
    _check(kinds, feature_columns, min_differing_share, max_separation, max_correlation)
    at_least("min_positives", min_positives, 1, "a share of nobody cannot be judged")
    at_least("min_negatives", min_negatives, 1, "a share of nobody cannot be judged")
    keys = list(SAMPLE_KEYS)
    rows = sorted_by(rows.select([*keys, *feature_columns]), keys, name="rows")
    require_columns(labels, [*keys, "target", "label"], name="labels")

    found = []
    folds = pc.unique(rows["fold"]).to_pylist()
    for fold in reported(folds, "folds whose features are chosen"):
        fold_rows = rows.filter(pc.field("fold") == fold)
        fold_labels = labels.filter(pc.field("fold") == fold)
        matrix = to_matrix(
            fold_rows, feature_columns, name=f"rows of {fold}", allow_missing=True
        )
        customers = fold_rows["customer_id"].to_numpy(zero_copy_only=False)
        prepared: dict[bytes, _Rows] = {}
        for target in sorted(kinds):
            positions, values = _aligned(fold_rows, fold_labels, target)
            # Most targets ask everybody: their rows are prepared once.
            asked = positions.tobytes()
            if asked not in prepared:
                prepared[asked] = _prepare(matrix[positions], customers[positions])
            with one_thread():
                verdicts = _judge(
                    prepared[asked],
                    values,
                    customers[positions],
                    feature_columns,
                    kind=kinds[target],
                    min_positives=min_positives,
                    min_negatives=min_negatives,
                    min_differing_share=min_differing_share,
                    max_separation=max_separation,
                    max_correlation=max_correlation,
                )
            found += [
                {
                    "fold": fold,
                    "target": target,
                    "feature": feature,
                    "is_selected": verdict.reason in (SELECTED, NOT_JUDGED),
                    "reason": verdict.reason,
                    "related_feature": verdict.related_feature,
                    **{
                        name: verdict.numbers.get(name)
                        for name in FEATURE_SELECTION_SCHEMA.names[6:11]
                    },
                    "row_count": len(values),
                    "customer_count": prepared[asked].customer_count,
                }
                for feature, verdict in zip(feature_columns, verdicts, strict=True)
            ]
    columns = {
        name: [row[name] for row in found] for name in FEATURE_SELECTION_SCHEMA.names
    }
    return conform(columns, FEATURE_SELECTION_SCHEMA, name="feature selection")


def _check(
    kinds: Mapping[str, str],
    feature_columns: Sequence[str],
    min_differing_share: float,
    max_separation: float,
    max_correlation: float,
) -> None:
    unknown = {
        target: kind for target, kind in kinds.items() if kind not in (BINARY, AMOUNT)
    }
    if unknown:
        raise ValueError(
            f"kinds must be {BINARY!r} or {AMOUNT!r}, got {unknown}; "
            "correct the seed pm_targets"
        )
    if not feature_columns:
        raise ValueError("feature_columns must not be empty; name at least one feature")
    for name, value, low in (
        ("min_differing_share", min_differing_share, 0.0),
        ("max_separation", max_separation, 0.5),
        ("max_correlation", max_correlation, 0.0),
    ):
        if not low <= value <= 1:
            raise ValueError(
                f"{name} must be from {low} to 1, got {value!r}; correct it"
            )


def _aligned(
    rows: pa.Table, labels: pa.Table, target: str
) -> tuple[np.ndarray, np.ndarray]:
    """Positions in `rows` of those who are asked for a target, and their labels."""
    keys = ["as_of_date", "customer_id"]
    asked = sorted_by(
        labels.filter(pc.field("target") == target).select([*keys, "label"]),
        keys,
        name=f"labels of {target}",
    )
    if asked["label"].null_count:
        raise ValueError(
            f"labels of {target}: label must not be null, got "
            f"{asked['label'].null_count} nulls; take only days whose window has closed"
        )
    numbered = rows.select(keys).append_column(
        "position", pa.array(np.arange(rows.num_rows))
    )
    joined = asked.join(numbered, keys=keys, join_type="left outer")
    if joined["position"].null_count:
        raise ValueError(
            f"labels of {target}: {joined['position'].null_count} labels have no row "
            "of features; sample both from the same days and customers"
        )
    positions = joined["position"].to_numpy()
    order = np.argsort(positions, kind="stable")
    values = joined["label"].cast(pa.float64()).to_numpy()
    return positions[order], values[order]


def _prepare(matrix: np.ndarray, customers: np.ndarray) -> _Rows:
    """Bring the features of some rows into the forms that the steps read."""
    row_count, width = matrix.shape
    scaled = np.zeros_like(matrix)
    differing_share = np.zeros(width)
    ranks = np.zeros_like(matrix)
    bins = np.zeros(matrix.shape, dtype=np.int64)
    for position in range(width if row_count else 0):
        values = matrix[:, position]
        is_known = np.isfinite(values)
        known = values[is_known]
        largest = max(
            np.unique(known, return_counts=True)[1].max() if len(known) else 0,
            row_count - len(known),
        )
        differing_share[position] = 1 - largest / row_count
        if len(known):
            deviation = known.std()
            if deviation > 0:
                scaled[is_known, position] = (known - known.mean()) / deviation
            edges = np.unique(
                np.quantile(known, np.linspace(0, 1, BIN_COUNT + 1)[1:-1])
            )
            bins[is_known, position] = np.searchsorted(edges, known, side="left")
        bins[~is_known, position] = BIN_COUNT
        ranks[:, position] = rankdata(scaled[:, position])
    spread = scaled.std(axis=0) if row_count else np.zeros(width)
    # Filling what is missing with the mean takes some of the spread away again.
    scaled = np.divide(scaled, spread, out=np.zeros_like(scaled), where=spread > 0)
    return _Rows(scaled, differing_share, ranks, bins, len(np.unique(customers)))


def _judge(
    rows: _Rows,
    values: np.ndarray,
    customers: np.ndarray,
    features: Sequence[str],
    *,
    kind: str,
    min_positives: int,
    min_negatives: int,
    min_differing_share: float,
    max_separation: float,
    max_correlation: float,
) -> list[_Verdict]:
    """Take the features of one target through all steps."""
    verdicts = [_Verdict() for _ in features]
    is_positive = values > 0
    if (
        len(np.unique(customers[is_positive])) < min_positives
        or len(np.unique(customers[~is_positive])) < min_negatives
    ):
        return verdicts

    def drop(is_dropped: np.ndarray, reason: str) -> None:
        for position in np.flatnonzero(is_dropped & is_left):
            verdicts[position].reason = reason
        is_left[is_dropped] = False

    def record(name: str, numbers: np.ndarray) -> None:
        for position in np.flatnonzero(is_left):
            verdicts[position].numbers[name] = float(numbers[position])

    is_left = np.ones(len(features), dtype=bool)
    record("differing_share", rows.differing_share)
    drop(rows.differing_share < min_differing_share, NEAR_CONSTANT)

    separation = _separation(rows.ranks, values, kind)
    record("separation", separation)
    drop(separation > max_separation, SUSPECTED_LEAK)

    levels = is_positive.astype(np.int64) if kind == BINARY else _levels(values)
    information, freedom = _mutual_information(rows.bins, levels)
    record("mutual_information", information)
    expected_by_chance = chi2.ppf(1 - CHANCE_LEVEL, np.maximum(freedom, 1))
    drop(2 * rows.customer_count * information <= expected_by_chance, NO_INFORMATION)

    _drop_correlated(
        rows.scaled, information, features, is_left, verdicts, max_correlation
    )

    left = np.flatnonzero(is_left)
    if len(left):
        response = is_positive.astype(float) if kind == BINARY else np.log1p(values)
        coefficients = np.zeros(len(features))
        coefficients[left] = _lasso(rows.scaled[:, left], response, rows.customer_count)
        record("l1_coefficient", coefficients)
        drop(coefficients == 0, L1_ZERO)
    for position in np.flatnonzero(is_left):
        verdicts[position].reason = SELECTED
    return verdicts


def _separation(ranks: np.ndarray, values: np.ndarray, kind: str) -> np.ndarray:
    """How well each feature alone orders rows as their labels do; 0.5: not at all."""
    count = len(values)
    centred = ranks - (count + 1) / 2
    if kind == BINARY:
        positives = values > 0
        pairs = positives.sum() * (count - positives.sum())
        return 0.5 + np.abs(centred[positives].sum(axis=0)) / pairs
    label_ranks = rankdata(values) - (count + 1) / 2
    norms = np.linalg.norm(centred, axis=0) * np.linalg.norm(label_ranks)
    products = np.abs(label_ranks @ centred)
    return (
        0.5 + np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0) / 2
    )


def _levels(amounts: np.ndarray) -> np.ndarray:
    """Amounts as 0 for nothing, and 1 to AMOUNT_LEVELS for equal shares of the rest."""
    is_positive = amounts > 0
    edges = np.unique(
        np.quantile(amounts[is_positive], np.linspace(0, 1, AMOUNT_LEVELS + 1)[1:-1])
    )
    levels = np.zeros(len(amounts), dtype=np.int64)
    levels[is_positive] = 1 + np.searchsorted(edges, amounts[is_positive], side="left")
    return levels


def _mutual_information(
    bins: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mutual information in nats of each column with the levels, and its freedom."""
    count, width = bins.shape
    level_count = int(levels.max()) + 1
    information, freedom = np.zeros(width), np.zeros(width)
    for position in range(width):
        table = np.bincount(
            bins[:, position] * level_count + levels,
            minlength=(BIN_COUNT + 1) * level_count,
        ).reshape(-1, level_count)
        joint = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0] / count
        independent = joint.sum(axis=1, keepdims=True) * joint.sum(
            axis=0, keepdims=True
        )
        cells = joint > 0
        information[position] = np.sum(
            joint[cells] * np.log(joint[cells] / independent[cells])
        )
        freedom[position] = (joint.shape[0] - 1) * (joint.shape[1] - 1)
    return np.maximum(information, 0), freedom


def _drop_correlated(
    scaled: np.ndarray,
    information: np.ndarray,
    features: Sequence[str],
    is_left: np.ndarray,
    verdicts: list[_Verdict],
    max_correlation: float,
) -> None:
    """Walk from the most informative feature on; drop what one before it repeats."""
    correlations = np.abs(scaled.T @ scaled) / len(scaled)
    # To nine digits: a last digit must not decide which of two equal features stays.
    order = sorted(
        np.flatnonzero(is_left),
        key=lambda position: (-round(information[position], 9), features[position]),
    )
    kept: list[int] = []
    for position in order:
        if kept:
            nearest = kept[int(np.argmax(correlations[position, kept]))]
            verdicts[position].numbers["correlation"] = float(
                correlations[position, nearest]
            )
            if correlations[position, nearest] > max_correlation:
                verdicts[position].reason = CORRELATED
                verdicts[position].related_feature = features[nearest]
                is_left[position] = False
                continue
        kept.append(position)


def _lasso(scaled: np.ndarray, response: np.ndarray, witnesses: int) -> np.ndarray:
    """Coefficients of the lasso with the least AIC along its path."""
    count = len(response)
    centred = response - response.mean()
    gram = scaled.T @ scaled
    products = scaled.T @ centred
    _, _, path = lars_path_gram(
        products, gram, n_samples=count, method="lasso", max_iter=MAX_L1_STEPS
    )
    residuals = (
        centred @ centred
        - 2 * products @ path
        + np.einsum("ik,ij,jk->k", path, gram, path)
    )
    errors = np.maximum(residuals / count, np.finfo(float).tiny)
    criteria = witnesses * np.log(errors) + 2 * np.count_nonzero(path, axis=0)
    return path[:, int(np.argmin(criteria))]
