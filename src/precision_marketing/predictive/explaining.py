"""Why a model says what it says: of one customer, and of all."""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from sklearn.metrics import r2_score, roc_auc_score

from precision_marketing.frames import (
    conform,
    hash_order,
    key_fields,
    one_thread,
    sorted_by,
    to_matrix,
)
from precision_marketing.predictive.estimators import BINARY, ESTIMATORS
from precision_marketing.predictive.fitting import KEYS
from precision_marketing.predictive.predicting import Model, models_of
from precision_marketing.predictive.preparation import Preparation
from precision_marketing.predictive.trees import explain_nodes
from precision_marketing.progress import reported

# Features of so many rows are in memory at once.
BATCH_ROWS = 50_000
REASON_COUNT = 3

EXPLANATION_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("kind", pa.string()),
        ("feature", pa.string()),
        ("position", pa.int64()),
        ("feature_value", pa.float64()),
        ("value", pa.float64()),
    ]
)


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
        # In order, as a row's last digits may depend on its place in the batch.
        reader = rows.join(wanted, ", ".join(KEYS)).select(*columns)
        batches = reader.order(", ".join(KEYS)).to_arrow_reader(BATCH_ROWS)
        for batch in reported(batches, "batches scored"):
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


def permutation_importance(
    model: Model, rows: pa.Table, *, repeats: int, random_state: int
) -> dict[str, np.ndarray]:
    """How much worse a model predicts once a feature is dealt out at random.

    Parameters
    ----------
    model : Model
    rows : pyarrow.Table
        Rows the model was not fitted on, with label and features.
    repeats : int
        Deals of each feature.
    random_state : int

    Returns
    -------
    dict of feature to numpy.ndarray of shape (repeats,)
        The drop in AUC, of an amount in R2. Empty when the labels are all alike, as
        nothing can then be predicted better or worse.

    Notes
    -----
    Breiman 2001. A feature that another one could stand in for looks unimportant.
    """
    labels = to_matrix(rows, ["label"], name="rows")[:, 0]
    if len(labels) == 0 or labels.min() == labels.max():
        return {}
    matrix = to_matrix(rows, model.features, name="rows", allow_missing=True)
    quality = roc_auc_score if model.names["kind"] == BINARY else r2_score
    generator = np.random.default_rng(random_state)
    orders = [generator.permutation(len(labels)) for _ in range(repeats)]
    with one_thread():
        best = quality(labels, model.predict(matrix)[0])
        found = {}
        for at, name in enumerate(model.features):
            drops = np.empty(repeats)
            for repeat, order in enumerate(orders):
                dealt = matrix.copy()
                dealt[:, at] = matrix[order, at]
                drops[repeat] = best - quality(labels, model.predict(dealt)[0])
            found[name] = drops
    return found


def partial_dependence(
    model: Model, rows: pa.Table, feature: str
) -> tuple[np.ndarray, np.ndarray]:
    """What is predicted on average when everyone has the same value of a feature.

    Parameters
    ----------
    model : Model
    rows : pyarrow.Table
        With the features.
    feature : str

    Returns
    -------
    values, predictions : numpy.ndarray of shape (k,)
        At the feature's deciles, equal ones once; the mean probability, or amount.
    """
    matrix = to_matrix(rows, model.features, name="rows", allow_missing=True)
    at = model.features.index(feature)
    known = matrix[~np.isnan(matrix[:, at]), at]
    if len(known) == 0:
        return np.empty(0), np.empty(0)
    values = np.unique(np.quantile(known, np.linspace(0, 1, 11), method="lower"))
    means = np.empty(len(values))
    with one_thread():
        for place, value in enumerate(values):
            same = matrix.copy()
            same[:, at] = value
            score, probability = model.predict(same)
            means[place] = (score if probability is None else probability).mean()
    return values, means


def explain_models(
    models: Iterable[tuple[Model, pa.Table]],
    *,
    repeats: int,
    max_rows: int,
    feature_count: int,
    random_state: int,
) -> pa.Table:
    """Importance and partial dependence of some models.

    Parameters
    ----------
    models : iterable of (Model, rows)
        With rows that the model was not fitted on.
    repeats : int
        Deals of each feature behind its importance.
    max_rows : int
        Of the rows the first in sha256 order of the key are used.
    feature_count : int
        Of how many features, the most important ones, the dependence is wanted.
    random_state : int

    Returns
    -------
    pyarrow.Table
        `EXPLANATION_SCHEMA`: kind 'importance' (value the drop of a deal, position its
        number), 'dependence' (feature_value and value, in the order of position).
    """
    found = []
    for model, every_row in reported(models, "models explained"):
        ordered = sorted_by(every_row, KEYS, name="rows to explain")
        rows = ordered.take(pa.array(hash_order(ordered, KEYS)[:max_rows]))
        drops = permutation_importance(
            model, rows, repeats=repeats, random_state=random_state
        )
        version = model.names["model_version"]
        for name, values in drops.items():
            found += [
                (version, "importance", name, at, None, float(value))
                for at, value in enumerate(values)
            ]
        first = sorted(drops, key=lambda name: (-drops[name].mean(), name))
        for name in first[:feature_count]:
            found += [
                (version, "dependence", name, at, float(value), float(mean))
                for at, (value, mean) in enumerate(
                    zip(*partial_dependence(model, rows, name), strict=True)
                )
            ]
    found.sort(key=lambda row: row[:4])
    columns = zip(*found, strict=True) if found else [[]] * 6
    return conform(
        dict(zip(EXPLANATION_SCHEMA.names, map(list, columns), strict=True)),
        EXPLANATION_SCHEMA,
        name="explanations",
    )
