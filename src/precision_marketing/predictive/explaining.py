"""Why a model says what it says: of one customer, and of all."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from precision_marketing.frames import conform, key_fields, one_thread, to_matrix
from precision_marketing.predictive.estimators import BINARY, ESTIMATORS
from precision_marketing.predictive.fitting import KEYS
from precision_marketing.predictive.predicting import Model, models_of
from precision_marketing.predictive.preparation import Preparation
from precision_marketing.predictive.trees import explain_nodes

# Features of so many rows are in memory at once.
BATCH_ROWS = 50_000
REASON_COUNT = 3


def contributions(model: Model, matrix: np.ndarray) -> np.ndarray:
    """What each feature moves each score by, from that of an average customer.

    Parameters
    ----------
    model : Model
        Any but the baseline.
    matrix : numpy.ndarray of shape (n, d)
        NaN where a feature is not known.

    Returns
    -------
    numpy.ndarray of shape (n, d)
        In log odds, in probability for a tree or forest, or in the amount's unit.

    Notes
    -----
    Of a linear model coefficient * (x - mean) / scale, which add up to the score. Of
    trees the steps of the mean from the root to the leaf, each for the feature asked
    (Saabas 2014), which add up too. Of others score(x) - score(x without the feature):
    they need not add up where features act together.
    """
    parameters, features = model.parameters, model.features
    if "coefficient" in parameters:
        scaled = Preparation.read(parameters, features).scaled(matrix)
        return scaled * parameters.along("coefficient", features)
    if "node_value" in parameters:
        return explain_nodes(matrix, parameters, features)
    estimator = ESTIMATORS[model.names["algorithm"]]
    score = estimator.score(matrix, parameters, features)
    moved = np.empty_like(matrix)
    for at in range(matrix.shape[1]):
        without = matrix.copy()
        without[:, at] = np.nan
        moved[:, at] = score - estimator.score(without, parameters, features)
    return moved


def reasons(moved: np.ndarray, features: Sequence[str]) -> list[tuple]:
    """The features that move each row most, best first.

    Parameters
    ----------
    moved : numpy.ndarray of shape (n, d)
        From `contributions`.
    features : sequence of str
        Length d, in alphabetical order, by which ties are broken.

    Returns
    -------
    list of (names, values)
        One pair a rank: n names and n contributions, None where nothing moves it.
    """
    order = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :REASON_COUNT]
    names = np.array([*features, *([""] * REASON_COUNT)], dtype=object)
    found = []
    for rank in range(REASON_COUNT):
        if rank >= order.shape[1]:
            found.append(([None] * len(moved), [None] * len(moved)))
            continue
        at = order[:, rank]
        values = moved[np.arange(len(moved)), at]
        found.append(
            (
                [
                    name if value else None
                    for name, value in zip(names[at], values, strict=True)
                ],
                [float(value) if value else None for value in values],
            )
        )
    return found


def scored_batches(keys, rows, parameters) -> pa.Table:
    """Score the rows that each model is the champion for.

    Parameters
    ----------
    keys : duckdb.DuckDBPyRelation
        model_version, target, kind, as_of_date, customer_id of each row to score.
    rows : duckdb.DuckDBPyRelation
        as_of_date, customer_id and features.
    parameters : duckdb.DuckDBPyRelation
        Rows of parameters that hold those of the models.

    Returns
    -------
    pyarrow.Table
        model_version, target, kind, keys, prediction (probability or amount), feature_1
        to 3 and contribution_1 to 3. Features are read `BATCH_ROWS` rows at a time.
    """
    versions = keys.select("model_version").distinct().order("model_version").fetchall()
    schema = pa.schema(
        [
            *(
                pa.field(name, pa.string())
                for name in ("model_version", "target", "kind")
            ),
            *key_fields(rows.limit(0).to_arrow_table(), KEYS),
            ("prediction", pa.float64()),
            *(
                field
                for rank in range(1, REASON_COUNT + 1)
                for field in (
                    pa.field(f"feature_{rank}", pa.string()),
                    pa.field(f"contribution_{rank}", pa.float64()),
                )
            ),
        ]
    )
    scored = [schema.empty_table()]
    for (version,) in versions:
        (model,) = models_of(
            parameters.filter(f"model_version = '{version}'").to_arrow_table()
        )
        wanted = keys.filter(f"model_version = '{version}'").select(*KEYS)
        columns = list(dict.fromkeys([*KEYS, *model.features]))
        reader = rows.join(wanted, ", ".join(KEYS)).select(*columns)
        for batch in reader.to_arrow_reader(BATCH_ROWS):
            scored.append(_scored(model, pa.Table.from_batches([batch]), schema))
    by_key = [(name, "ascending") for name in ("model_version", *KEYS)]
    return pa.concat_tables(scored).sort_by(by_key)


def _scored(model: Model, rows: pa.Table, schema: pa.Schema) -> pa.Table:
    matrix = to_matrix(rows, model.features, name="rows to score", allow_missing=True)
    with one_thread():
        score, probability = model.predict(matrix)
        found = reasons(contributions(model, matrix), model.features)
    prediction = probability if model.names["kind"] == BINARY else score
    columns = {
        **{
            name: [model.names[name]] * len(matrix)
            for name in ("model_version", "target", "kind")
        },
        **{key: rows[key] for key in KEYS},
        "prediction": prediction,
    }
    for rank, (names, values) in enumerate(found, start=1):
        columns |= {f"feature_{rank}": names, f"contribution_{rank}": values}
    return conform(columns, schema, name="scores")
