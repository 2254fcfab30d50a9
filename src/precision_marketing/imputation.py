"""Fill missing customer attributes from the others, and say how."""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from precision_marketing.frames import (
    at_least,
    conform,
    hash_order,
    is_number,
    key_fields,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)

FOLDS = 5
# How far the gain over the plain value must be from chance, in its standard errors:
# at 0 half of all pure noise would pass, at 2 about one in forty.
GAIN_STANDARD_ERRORS = 2.0
# Categories of one text predictor that get a column; the rest share one.
MAX_CATEGORIES = 20
# Values of a text target that can be predicted; rarer ones never win anyway.
MAX_CLASSES = 50
PREDICT_ROWS = 100_000
MISSING_TEXT = "(missing)"

# What method says.
RIDGE, LOGISTIC = "ridge", "logistic"
MEDIAN_TOO_FEW, MODE_TOO_FEW = "median_too_few_rows", "most_frequent_too_few_rows"
MEDIAN_NO_GAIN, MODE_NO_GAIN = "median_no_gain", "most_frequent_no_gain"
NOTHING_OBSERVED = "no_observed_values"

# Behind the key column, which keeps the name and type it arrived with.
IMPUTATION_FIELDS = (
    pa.field("column_name", pa.string()),
    pa.field("value_number", pa.float64()),
    pa.field("value_text", pa.string()),
    pa.field("method", pa.string()),
)


def impute_attributes(
    table: pa.Table,
    *,
    key: str,
    targets: Sequence[str],
    predictors: Sequence[str],
    random_state: int = 0,
    min_rows: int = 100,
    max_rows: int = 100_000,
) -> pa.Table:
    """Estimate each missing value of each target column.

    Parameters
    ----------
    table : pyarrow.Table
        One row per customer, in any order.
    key : str
    targets : sequence of str
        Columns to fill: numbers, decimals, flags or text; none gives no rows. Empty
        text is a value.
    predictors : sequence of str
        Columns to fill them from, of the same kinds; may themselves be missing, and
        may include targets (a target never predicts itself, and predictions are
        never used as predictors, so the order of targets has no influence).
    random_state : int
        Seed of the folds.
    min_rows : int
        Observed values needed to fit a model.
    max_rows : int
        Observed rows used for a fit: the first in sha256 order of the key.

    Returns
    -------
    pyarrow.Table
        One row per key and target that is missing there, sorted: key, column_name,
        value_number (numeric targets; a flag is 0 or 1), value_text (text targets),
        method. method is 'ridge' or 'logistic'; 'median_...' or 'most_frequent_...'
        with why: 'too_few_rows' (below `min_rows`) or 'no_gain' (the model was no
        better); 'no_observed_values', where both values are null.

    Raises
    ------
    ValueError
        When a parameter is out of range, a column is missing, of another type or
        infinite, or a key repeats.

    Notes
    -----
    Numeric targets: ridge regression, kept inside the observed range, rounded when
    the target is whole. Text and flags: multinomial logistic regression. Predictors
    are scaled, missing numbers become the median beside a missing flag, text becomes
    one column per category. Linear models are chosen over boosting because they work
    from a hundred rows on, take milliseconds, and cannot leave the plausible range by
    much; the price is interactions they do not see.

    The model is used only when it beats the plain value (median by mean absolute
    error, most frequent by share correct) over five held-out folds, by more than
    `GAIN_STANDARD_ERRORS` standard errors of the gain per row; otherwise the
    plain value is the honest answer. Single imputation keeps means, not variances:
    do not test hypotheses on filled columns (van Buuren 2018, section 1.3).
    """
    targets, predictors = list(targets), list(predictors)
    at_least("min_rows", min_rows, FOLDS, "each of the five folds needs a row")
    at_least("max_rows", max_rows, min_rows, "raise it to min_rows or lower min_rows")
    needed = list(dict.fromkeys([key, *targets, *predictors]))
    require_columns(table, needed, name="table")
    if key in targets + predictors:
        raise ValueError(
            f"targets and predictors must not hold the key {key!r}; "
            "it identifies a customer and predicts nothing"
        )
    schema = pa.schema([*key_fields(table, [key]), *IMPUTATION_FIELDS])
    if table.num_rows == 0 or not targets:
        return schema.empty_table()

    ordered = sorted_by(table.select(needed), [key], name="table")
    columns = {name: _values(ordered, name) for name in targets + predictors}
    order = hash_order(ordered, [key])
    filled = []
    for target in dict.fromkeys(targets):
        values = columns[target]
        is_missing = pd.isna(values)
        if not is_missing.any():
            continue
        frame = pd.DataFrame(
            {name: _predictor(columns[name]) for name in predictors if name != target}
        )
        observed = order[~is_missing[order]][:max_rows]
        wanted = np.flatnonzero(is_missing)
        is_class = values.dtype == object or pa.types.is_boolean(ordered[target].type)
        with one_thread():
            estimates, method = _estimate(
                frame,
                values,
                observed=observed,
                wanted=wanted,
                is_class=is_class,
                is_whole=pa.types.is_integer(ordered[target].type),
                min_rows=min_rows,
                random_state=random_state,
            )
        is_text = values.dtype == object
        nothing = [None] * len(wanted)
        filled.append(
            conform(
                {
                    key: ordered[key].take(pa.array(wanted)),
                    "column_name": [target] * len(wanted),
                    "value_number": nothing if is_text else estimates,
                    "value_text": estimates if is_text else nothing,
                    "method": [method] * len(wanted),
                },
                schema,
                name="imputed attributes",
            )
        )
    if not filled:
        return schema.empty_table()
    by_key = [(key, "ascending"), ("column_name", "ascending")]
    return pa.concat_tables(filled).sort_by(by_key).combine_chunks()


def _values(table: pa.Table, column: str) -> np.ndarray:
    """A column as float64 with NaN, or as text with None."""
    kind = table[column].type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = np.empty(table.num_rows, dtype=object)
        values[:] = table[column].cast(pa.string()).to_pylist()
        return values
    if not (is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
        raise ValueError(
            f"column {column!r} must be a number, a flag or text, got {kind}; "
            "turn a date into a number of days upstream"
        )
    numbers = to_matrix(table, [column], name="table", allow_missing=True)[:, 0]
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise ValueError(
            f"column {column!r} must be finite, got {infinite} infinite values; "
            "make them null upstream"
        )
    return numbers


def _predictor(values: np.ndarray) -> pd.Series:
    """A column to predict from; missing text is a category of its own."""
    if values.dtype == object:
        values = np.where(pd.isna(values), MISSING_TEXT, values)
    return pd.Series(values, dtype=values.dtype)


def _estimate(
    frame: pd.DataFrame,
    values: np.ndarray,
    *,
    observed: np.ndarray,
    wanted: np.ndarray,
    is_class: bool,
    is_whole: bool,
    min_rows: int,
    random_state: int,
) -> tuple[list, str]:
    """One estimate per wanted row, and the method behind all of them."""
    if len(observed) == 0:
        return [None] * len(wanted), NOTHING_OBSERVED
    known = values[observed]
    plain = _most_frequent(known) if is_class else float(np.median(known))
    too_few = MODE_TOO_FEW if is_class else MEDIAN_TOO_FEW
    no_gain = MODE_NO_GAIN if is_class else MEDIAN_NO_GAIN

    method = LOGISTIC if is_class else RIDGE
    if len(observed) < min_rows:
        method = too_few
    elif frame.shape[1] == 0 or not _beats_plain(
        frame.iloc[observed], known, is_class, random_state
    ):
        method = no_gain
    if method in (too_few, no_gain):
        estimates = np.full(len(wanted), plain, dtype=known.dtype)
    else:
        model = _fitted(frame.iloc[observed], known, is_class)
        estimates = np.concatenate(
            [
                model.predict(frame.iloc[wanted[start : start + PREDICT_ROWS]])
                for start in range(0, len(wanted), PREDICT_ROWS)
            ]
        )
    if not is_class:
        estimates = np.clip(estimates, known.min(), known.max())
        if is_whole:
            estimates = np.rint(estimates)
    return estimates.tolist(), method


def _most_frequent(values: np.ndarray) -> object:
    """The commonest value; the smallest of equally common ones."""
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()]


def _beats_plain(
    frame: pd.DataFrame, values: np.ndarray, is_class: bool, random_state: int
) -> bool:
    """Whether the model errs clearly less than the plain value on held-out folds."""
    # The plain value sees all rows, also those held out: between two equally common
    # values each fold would pick the one that is rarer outside it, and look poor.
    plain = _most_frequent(values) if is_class else np.median(values)
    gains = np.empty(len(values))
    folds = KFold(n_splits=FOLDS, shuffle=True, random_state=random_state)
    for fit_rows, held_out in folds.split(frame):
        known, truth = values[fit_rows], values[held_out]
        model = _fitted(frame.iloc[fit_rows], known, is_class)
        predicted = model.predict(frame.iloc[held_out])
        if is_class:
            gains[held_out] = (predicted == truth).astype(float) - (plain == truth)
        else:
            predicted = np.clip(predicted, known.min(), known.max())
            gains[held_out] = np.abs(plain - truth) - np.abs(predicted - truth)
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return bool(gains.mean() > 0 and gains.mean() > GAIN_STANDARD_ERRORS * error)


def _fitted(frame: pd.DataFrame, values: np.ndarray, is_class: bool):
    """A fitted pipeline; a target with one value predicts that value."""
    if is_class:
        found, counts = np.unique(values, return_counts=True)
        if len(found) == 1:
            return _Constant(found[0])
        common = found[np.lexsort([found, -counts])[:MAX_CLASSES]]
        kept = np.isin(values, common)
        estimator = LogisticRegression(max_iter=500)
        frame, values = frame.iloc[np.flatnonzero(kept)], values[kept]
    else:
        estimator = Ridge(alpha=1.0)
    text = [name for name in frame if frame[name].dtype == object]
    numbers = [name for name in frame if name not in text]
    prepare = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(
                    SimpleImputer(
                        strategy="median",
                        add_indicator=True,
                        keep_empty_features=True,
                    ),
                    StandardScaler(),
                ),
                numbers,
            ),
            (
                "text",
                OneHotEncoder(
                    max_categories=MAX_CATEGORIES,
                    handle_unknown="infrequent_if_exist",
                    sparse_output=False,
                ),
                text,
            ),
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return Pipeline([("prepare", prepare), ("estimate", estimator)]).fit(
            frame, values
        )


class _Constant:
    """Predicts the only class there is."""

    def __init__(self, value: object) -> None:
        self.value = value

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        kind = object if isinstance(self.value, str) else np.float64
        return np.full(len(frame), self.value, dtype=kind)


def modelled_attributes(missing_values: dict | None) -> list[str]:
    """Names of the customer attributes that are to be estimated by a model.

    Parameters
    ----------
    missing_values : dict
        The var pm_missing_values: "input.column" to a method.

    Returns
    -------
    list of str
        Sorted columns of the customers input whose method is "model".
    """
    prefix = "customers."
    return sorted(
        place.removeprefix(prefix)
        for place, method in (missing_values or {}).items()
        if place.startswith(prefix) and method == "model"
    )
