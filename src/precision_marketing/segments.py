"""Customer segments: candidate models as rows, and the segment of each customer."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from precision_marketing import __version__
from precision_marketing.clustering import (
    FITTERS,
    Clustering,
    fit_clusterings,
    judge,
    stabilities,
)
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
from precision_marketing.progress import reported

# An interquartile range of a normal feature is 1.349 of its standard deviations, so
# that both ways of scaling speak of standard deviations.
NORMAL_QUARTILE_RANGE = 1.3489795003921634
SCALINGS = ("standard", "robust")
# Tukey's outer fence: farther from a centroid than three interquartile ranges above
# the third quartile of its members' distances.
FENCE_RANGES = 3.0
# Where members are nearly alike, the last digits of a distance are no outlier.
LEAST_FENCE_RANGE = 0.1

METRICS = (
    "inertia",
    "silhouette",
    "calinski_harabasz",
    "davies_bouldin",
    "stability_ari",
    "row_count",
    "min_share",
    "noise_share",
)

SEGMENT_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("algorithm", pa.string()),
        ("parameters", pa.string()),
        ("k", pa.int64()),
        ("component", pa.string()),
        ("segment_id", pa.int64()),
        ("point", pa.int64()),
        ("feature", pa.string()),
        ("value", pa.float64()),
    ]
)

# Behind the key column, which keeps the name and type it arrived with.
ASSIGNMENT_FIELDS = (
    pa.field("segment_id", pa.int64()),
    pa.field("distance", pa.float64()),
    pa.field("second_distance", pa.float64()),
    pa.field("confidence", pa.float64()),
    pa.field("is_outlier", pa.bool_()),
    pa.field("model_version", pa.string()),
)


def fit_segment_models(
    features: pa.Table,
    *,
    key: str,
    feature_columns: Sequence[str],
    algorithms: Sequence[str] = ("kmeans", "ward", "dbscan", "hdbscan"),
    min_k: int = 2,
    max_k: int = 10,
    sample_rows: int = 20_000,
    scaling: str = "standard",
    n_init: int = 10,
    random_state: int = 0,
    code_version: str = __version__,
    order_by: str | None = None,
) -> pa.Table:
    """Fit every candidate and judge it, all as rows.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer, in any order. Numbers, decimals or flags, none missing;
        skewed measures (money, counts) are best given as logarithms.
    key : str
        Column that identifies a customer.
    feature_columns : sequence of str
        What customers are compared by, each with equal weight after scaling.
    algorithms : sequence of str
        Of kmeans, ward, dbscan and hdbscan.
    min_k, max_k : int
        Segments that kmeans and ward try; density models find their own number.
    sample_rows : int
        Rows used for the fit: the first in sha256 order of the key.
    scaling : {"standard", "robust"}
        Mean and standard deviation, or median and interquartile range (over 1.349).
    n_init : int
        Starts per K-means; the one with the lowest inertia is kept. With 3, two of nine
        values of k ended 3 % above the inertia of a fit of all rows, with 10 none.
    random_state : int
        Seed.
    code_version : str
        Version of the code that prepared the features; part of model_version.
    order_by : str, optional
        Feature whose centroid numbers the segments, largest first. Default: the
        first feature.

    Returns
    -------
    pyarrow.Table
        `SEGMENT_MODEL_SCHEMA`, sorted; one row per (model_version, component,
        segment_id, point, feature). 0 rows in, 0 rows out. Components:

        - 'center' and 'scale' of each feature in its own unit, scale 1 for a constant;
        - 'centroid' of segments 1..k in scaled units;
        - 'core_point' and its 'radius' for density models, numbered by point;
        - 'fence', the distance beyond which a customer of a centroid model is an
          outlier;
        - 'metric' with its name as feature. value is null for a metric that is not
          defined.

    Raises
    ------
    ValueError
        When a parameter is out of range, a column is missing, a key repeats, or a
        feature is not finite.

    Notes
    -----
    Metrics, on the sampled rows in scaled space and with the labels that everyone is
    assigned by: see `clustering.judge` and `clustering.stabilities`. Nothing is chosen
    here; the rule is a seed and is applied in SQL.

    A k is left out when there are fewer distinct rows than k, or no more rows than k
    (a segment per customer is none). Where nothing finds two segments, one K-means
    segment holds everyone.
    """
    feature_columns = list(feature_columns)
    _check_fit_parameters(
        feature_columns,
        algorithms,
        min_k,
        max_k,
        sample_rows,
        scaling,
        n_init,
        order_by,
    )
    require_columns(features, [key, *feature_columns], name="features")
    if features.num_rows == 0:
        return SEGMENT_MODEL_SCHEMA.empty_table()

    ordered = sorted_by(
        features.select([key, *feature_columns]), [key], name="features"
    )
    sample = ordered.take(pa.array(hash_order(ordered, [key])[:sample_rows]))
    raw = to_matrix(sample, feature_columns, name="features")
    center, scale = _scaling(raw, scaling)
    rows = (raw - center) / scale
    ranking = _ranking(feature_columns, order_by)
    options = {"n_init": n_init, "seed": random_state}

    with one_thread():
        candidates = []
        for algorithm in reported(algorithms, "segment algorithms fitted"):
            fitted = fit_clusterings(
                rows, algorithm, ks=range(min_k, max_k + 1), **options
            )
            stable = stabilities(rows, fitted, algorithm, seed=random_state)
            candidates += [(one, stable[setting]) for setting, one in fitted.items()]
        if all(one.k < 2 for one, _ in candidates):
            (single,) = fit_clusterings(rows, "kmeans", ks=[1], **options).values()
            candidates.append((single, None))

        learned_from = content_hash(
            {"keys": sample[key].cast(pa.string()).to_pylist(), "values": raw}
        )
        clusterings = [one.numbered(ranking) for one, _ in candidates]
        long_rows = []
        for clustering, quality, (_, stability_ari) in zip(
            clusterings, judge(rows, clusterings), candidates, strict=True
        ):
            metrics = quality | {"stability_ari": stability_ari}
            version = content_hash(
                {
                    "algorithm": clustering.algorithm,
                    "parameters": clustering.parameters,
                    "features": feature_columns,
                    "center": center,
                    "scale": scale,
                    "prototypes": clustering.prototypes,
                    "members": clustering.members,
                    "learned_from": learned_from,
                    "code_version": code_version,
                }
            )
            head = (version, clustering.algorithm, clustering.parameters, clustering.k)
            long_rows += [
                (*head, *row)
                for row in _parameter_rows(
                    clustering, rows, center, scale, feature_columns
                )
            ]
            long_rows += [
                (*head, "metric", 0, 0, name, metrics[name]) for name in METRICS
            ]
    long_rows.sort(key=lambda row: (row[1], row[3], *row[4:8]))
    columns = zip(*long_rows, strict=True)
    return conform(
        dict(zip(SEGMENT_MODEL_SCHEMA.names, map(list, columns), strict=True)),
        SEGMENT_MODEL_SCHEMA,
        name="segment models",
    )


def assign_segments(
    features: pa.Table,
    models: pa.Table,
    *,
    key: str,
    feature_columns: Sequence[str],
    model_version: str | None,
) -> pa.Table:
    """Give each customer the nearest segment of one model.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer, in any order.
    models : pyarrow.Table
        From `fit_segment_models`; read back as rows, nothing else is needed.
    key : str
    feature_columns : sequence of str
        As in the fit, in any order.
    model_version : str or None
        Which of the models; None where no model could be fitted to anybody.

    Returns
    -------
    pyarrow.Table
        Sorted by `key`: key, segment_id, distance and second_distance (Euclidean, in
        scaled space, to the nearest centroid or core point and to the nearest one of
        another segment), confidence, is_outlier, model_version. segment_id 0 is the
        noise of a density model. 0 rows when there are no
        customers or no model.

    Raises
    ------
    ValueError
        When the features are not those of the model or not finite, or the model is
        not there.

    Notes
    -----
    confidence = 1 - distance / second_distance: 1 on a centroid, 0 half way between
    two. With one segment there is no other to confuse it with: second_distance is
    null and confidence 1. With both distances 0 (two centroids in one place) it is 0,
    and it is 0 for noise. Equal distances go to the lowest segment_id.
    """
    feature_columns = list(feature_columns)
    require_columns(features, [key, *feature_columns], name="features")
    require_columns(models, SEGMENT_MODEL_SCHEMA.names, name="models")
    schema = pa.schema([*key_fields(features, [key]), *ASSIGNMENT_FIELDS])
    if features.num_rows == 0 or model_version is None:
        return schema.empty_table()

    center, scale, clustering, fences = _rebuilt(models, feature_columns, model_version)
    ordered = sorted_by(
        features.select([key, *feature_columns]), [key], name="features"
    )
    raw = to_matrix(ordered, feature_columns, name="features")
    labels, nearest, second = clustering.assign((raw - center) / scale)
    if clustering.k == 1:
        confidence = np.ones(len(raw))
    else:
        ratio = np.divide(nearest, second, out=np.ones(len(raw)), where=second > 0)
        confidence = 1.0 - ratio
    return conform(
        {
            key: ordered[key],
            "segment_id": labels,
            "distance": nearest,
            "second_distance": pa.array(second, from_pandas=True),
            "confidence": np.where(labels == 0, 0.0, confidence),
            "is_outlier": (labels == 0) | (nearest > fences[labels]),
            "model_version": [model_version] * len(raw),
        },
        schema,
        name="segment assignments",
    )


def _check_fit_parameters(
    feature_columns, algorithms, min_k, max_k, sample_rows, scaling, n_init, order_by
) -> None:
    at_least("number of feature_columns", len(feature_columns), 1, "name one")
    if len(set(feature_columns)) != len(feature_columns):
        raise ValueError(
            f"feature_columns must be distinct, got {feature_columns}; drop the repeat"
        )
    at_least("number of algorithms", len(algorithms), 1, "name one")
    unknown = [name for name in algorithms if name not in FITTERS]
    if unknown:
        raise ValueError(
            f"algorithms must be of {sorted(FITTERS)}, got {unknown}; name those"
        )
    at_least("min_k", min_k, 2, "one segment is the fallback and needs no asking")
    at_least("max_k", max_k, min_k, "raise it to min_k or lower min_k")
    at_least("sample_rows", sample_rows, max_k + 1, "K-means needs more rows than k")
    at_least("n_init", n_init, 1, "use 3 or more to escape poor starts")
    if scaling not in SCALINGS:
        raise ValueError(
            f"scaling must be one of {SCALINGS}, got {scaling!r}; name one of them"
        )
    if order_by is not None and order_by not in feature_columns:
        raise ValueError(
            f"order_by must be one of feature_columns {feature_columns}, "
            f"got {order_by!r}; name one or leave it out"
        )


def _scaling(raw: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """Center and scale of each feature, each of shape (d,)."""
    deviation = raw.std(axis=0)
    # A sum of equal numbers need not be exact: what is constant is told by its range.
    deviation = np.where(np.ptp(raw, axis=0) > 0, deviation, 1.0)
    if scaling == "standard":
        return raw.mean(axis=0), deviation
    lower, middle, upper = np.quantile(raw, [0.25, 0.5, 0.75], axis=0)
    quartiles = (upper - lower) / NORMAL_QUARTILE_RANGE
    # More than half of the customers are alike: the deviation still tells them apart.
    return middle, np.where(quartiles > 0, quartiles, deviation)


def _ranking(feature_columns: list[str], order_by: str | None) -> list[int]:
    """Positions of the features in the order that numbers the segments."""
    first = feature_columns.index(order_by) if order_by else 0
    return [first, *(i for i in range(len(feature_columns)) if i != first)]


def _parameter_rows(
    clustering: Clustering,
    rows: np.ndarray,
    center: np.ndarray,
    scale: np.ndarray,
    feature_columns: list[str],
) -> list[tuple]:
    """What assigns a customer, as (component, segment_id, point, feature, value)."""
    long_rows = []
    for position, feature in enumerate(feature_columns):
        long_rows += [
            ("center", 0, 0, feature, center[position]),
            ("scale", 0, 0, feature, scale[position]),
        ]
        long_rows += [
            ("centroid", segment, 0, feature, centroid[position])
            for segment, centroid in enumerate(clustering.centroids, start=1)
        ]
    if clustering.is_density:
        for point, (prototype, member, radius) in enumerate(
            zip(
                clustering.prototypes, clustering.members, clustering.radii, strict=True
            ),
            start=1,
        ):
            long_rows += [
                ("core_point", int(member), point, feature, value)
                for feature, value in zip(feature_columns, prototype, strict=True)
            ]
            long_rows.append(("radius", int(member), point, "distance", radius))
        return long_rows
    labels, nearest, _ = clustering.assign(rows)
    for segment in range(1, clustering.k + 1):
        distances = nearest[labels == segment]
        if len(distances):
            lower, upper = np.quantile(distances, [0.25, 0.75])
            fence = upper + FENCE_RANGES * max(upper - lower, LEAST_FENCE_RANGE)
            long_rows.append(("fence", segment, 0, "distance", fence))
    return long_rows


def _rebuilt(
    models: pa.Table, feature_columns: list[str], model_version: str
) -> tuple[np.ndarray, np.ndarray, Clustering, np.ndarray]:
    """Center, scale, clustering and fences of one model, from its rows."""
    rows = models.filter(pc.field("model_version") == model_version)
    if rows.num_rows == 0:
        raise ValueError(
            f"model_version must be one of the models, got {model_version!r}; "
            "pass the rows of the fit that it comes from"
        )
    values = {}
    places: dict[str, set[tuple[int, int]]] = {}
    for row in rows.to_pylist():
        place = (row["segment_id"], row["point"])
        values[row["component"], *place, row["feature"]] = row["value"]
        places.setdefault(row["component"], set()).add(place)
    learned = sorted(feature for part, _, _, feature in values if part == "center")
    if learned != sorted(feature_columns):
        raise ValueError(
            f"feature_columns must be those of the model, {learned}; "
            f"got {sorted(feature_columns)}. Refit or pass the same features"
        )

    def points(component: str) -> tuple[np.ndarray, list[tuple[int, int]]]:
        found = sorted(places.get(component, ()))
        matrix = [[values[component, *at, f] for f in feature_columns] for at in found]
        return np.array(matrix).reshape(len(found), len(feature_columns)), found

    centroids, segments = points("centroid")
    algorithm, parameters = rows["algorithm"][0].as_py(), rows["parameters"][0].as_py()
    core_points, core_places = points("core_point")
    is_density = bool(core_places)
    places_used = core_places if is_density else segments
    clustering = Clustering(
        algorithm=algorithm,
        parameters=parameters,
        k=len(segments),
        prototypes=core_points if is_density else centroids,
        members=np.array([segment for segment, _ in places_used], dtype=np.int64),
        radii=np.array(
            [
                values["radius", *at, "distance"] if is_density else np.inf
                for at in places_used
            ]
        ),
        centroids=centroids,
    )
    fences = np.full(clustering.k + 1, np.inf)
    for segment, _ in places.get("fence", ()):
        fences[segment] = values["fence", segment, 0, "distance"]
    center, _ = points("center")
    scale, _ = points("scale")
    return center[0], scale[0], clustering, fences
