"""Scores from rows of parameters: no fit, and no more than a batch in memory."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from precision_marketing.frames import (
    conform,
    key_fields,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.predictive.baseline import BASELINE, score_baseline
from precision_marketing.predictive.estimators import BINARY, predict
from precision_marketing.predictive.fitting import FIT_NAMES, KEYS, MODEL_SCHEMA
from precision_marketing.predictive.parameters import Parameters
from precision_marketing.progress import reported

NUMBERS = (
    pa.field("label", pa.float64()),
    pa.field("score", pa.float64()),
    pa.field("probability", pa.float64()),
)
NAMES = ("model_version", "target", "kind", "fold", "algorithm")


class Model:
    """One model_version, read back from its rows.

    Parameters
    ----------
    rows : pyarrow.Table
        `MODEL_SCHEMA`, of one model_version.
    recency : str
        The feature of the baseline.
    """

    def __init__(self, rows: pa.Table, *, recency: str = "recency_days") -> None:
        require_columns(rows, MODEL_SCHEMA.names, name="model")
        first = rows.slice(0, 1).to_pylist()[0]
        self.names = {name: first[name] for name in NAMES}
        self.parameters = Parameters(
            zip(
                *(
                    rows[name].to_pylist()
                    for name in ("component", "feature", "position", "value")
                ),
                strict=True,
            )
        )
        self.features = [recency]
        if self.names["algorithm"] != BASELINE:
            learned = pc.invert(pc.is_in(rows["component"], pa.array(_NOT_SCORING)))
            self.features = sorted(
                set(rows.filter(learned)["feature"].to_pylist()) - {"", *_NOT_FEATURES}
            )

    def predict(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Scores and probabilities of rows with columns `features`."""
        algorithm, kind = self.names["algorithm"], self.names["kind"]
        if algorithm == BASELINE:
            score = score_baseline(matrix[:, 0], self.parameters)
            return score, score if kind == BINARY else None
        return predict(algorithm, kind, matrix, self.parameters, self.features)


# Components that no score is computed from.
_NOT_SCORING = ("meta", "profile_edge", "profile_share")
# What the components of a calibration name.
_NOT_FEATURES = ("slope", "intercept")


def models_of(rows: pa.Table) -> Iterator[Model]:
    """Each model_version among rows of parameters, in its order."""
    for version in sorted(pc.unique(rows["model_version"]).to_pylist()):
        yield Model(rows.filter(pc.field("model_version") == version))


def prediction_schema(rows: pa.Table) -> pa.Schema:
    """Columns of predictions, with the types the keys arrive in."""
    names = [pa.field(name, pa.string()) for name in NAMES]
    return pa.schema([*names, *key_fields(rows, KEYS), *NUMBERS])


def predict_rows(rows: pa.Table, models: Iterable[Model]) -> pa.Table:
    """Score rows with each of some models.

    Parameters
    ----------
    rows : pyarrow.Table
        One row per as_of_date and customer_id, with label and the features, in any
        order and number: a batch of a larger table does.
    models : iterable of Model

    Returns
    -------
    pyarrow.Table
        One row per model and row: model_version, target, kind, fold, algorithm, keys,
        label, score, probability. The probability of an amount is null; so are both
        numbers of a baseline that was fitted on nothing.
    """
    require_columns(rows, [*KEYS, "label"], name="rows to score")
    # A product of matrices may end in other digits for a row at another place.
    rows = sorted_by(rows, KEYS, name="rows to score")
    schema = prediction_schema(rows)
    scored = [schema.empty_table()]
    for model in models:
        matrix = to_matrix(
            rows, model.features, name="rows to score", allow_missing=True
        )
        with one_thread():
            score, probability = model.predict(matrix)
        if probability is None:
            probability = np.full(len(score), np.nan)
        scored.append(
            conform(
                {
                    **{name: [model.names[name]] * len(score) for name in NAMES},
                    **{key: rows[key] for key in KEYS},
                    "label": rows["label"].cast(pa.float64()),
                    "score": pa.array(score, from_pandas=True),
                    "probability": pa.array(probability, from_pandas=True),
                },
                schema,
                name="predictions",
            )
        )
    return pa.concat_tables(scored)


def predict_folds(
    fits: pa.Table,
    read: Callable[[dict[str, str]], pa.Table],
    read_models: Callable[[dict[str, str]], pa.Table],
) -> pa.Table:
    """Score the rows of each target and fold with the models fitted for them.

    Parameters
    ----------
    fits : pyarrow.Table
        One row per target, kind and fold with rows to score.
    read, read_models : callable
        Take one row of `fits` and return its rows, as for `predict_rows`, and the rows
        of parameters of its models: one part at a time is in memory.

    Returns
    -------
    pyarrow.Table
        As from `predict_rows`; 0 rows where there is nothing to score.
    """
    parts = sorted_by(fits.select(FIT_NAMES), FIT_NAMES).to_pylist()
    if not parts:
        return predict_rows(read(dict.fromkeys(FIT_NAMES, "")), ())
    return pa.concat_tables(
        predict_rows(read(fit), models_of(read_models(fit)))
        for fit in reported(parts, "parts scored")
    )
