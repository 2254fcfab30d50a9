"""Customer segments: K-means models as rows, and the segment of each customer."""

import warnings
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances,
    silhouette_score,
)
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

ALGORITHM = "kmeans"
# The silhouette needs every pair of rows. Beyond a few thousand it moves in the
# fourth digit only (0.5241 at 5k, 0.5242 at 20k) while memory grows with the square:
# 4,000 rows are 128 MB.
SILHOUETTE_ROWS = 4_000
# Refits per k behind stability_ari, and the rows of each. A bootstrap of 5,000 rows
# asks a little more of a model than one of 20,000, at a quarter of the time.
STABILITY_REFITS = 5
STABILITY_ROWS = 5_000
# Silhouettes this close say the same; then the segments that come back in a resample
# are worth more than the third digit of a silhouette.
SILHOUETTE_TIE = 0.01
# Rows scored at a time, so that distances to k centroids stay below 50 MB.
ASSIGN_ROWS = 250_000

METRICS = (
    "inertia",
    "silhouette",
    "calinski_harabasz",
    "davies_bouldin",
    "stability_ari",
    "row_count",
    "min_share",
    "is_champion",
    "is_fallback",
)

SEGMENT_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("algorithm", pa.string()),
        ("k", pa.int64()),
        ("component", pa.string()),
        ("segment_id", pa.int64()),
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
    pa.field("model_version", pa.string()),
)


def fit_segment_models(
    features: pa.Table,
    *,
    key: str,
    feature_columns: Sequence[str],
    min_k: int = 3,
    max_k: int = 10,
    sample_rows: int = 20_000,
    n_init: int = 3,
    random_state: int = 0,
    code_version: str = __version__,
    min_share: float = 0.02,
    min_stability: float = 0.6,
    order_by: str | None = None,
) -> pa.Table:
    """Fit K-means for each k and choose one, all as rows.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer, in any order. Numbers, decimals or flags, none missing;
        skewed measures (money, counts) are best given as logarithms.
    key : str
        Column that identifies a customer.
    feature_columns : sequence of str
        What customers are compared by, each with equal weight after scaling.
    min_k, max_k : int
        Segments to try. `min_k` is 3 because two segments nearly always have the
        best silhouette and only say "active or not", which recency says already.
    sample_rows : int
        Rows used for the fit: the first in sha256 order of the key.
    n_init : int
        Starts per fit; the one with the lowest inertia is kept.
    random_state : int
        Seed.
    code_version : str
        Version of the code that prepared the features; part of model_version.
    min_share : float, default 0.02
        Share of customers below which a segment is too small for a campaign.
    min_stability : float, default 0.6
        Smallest stability_ari of a champion.
    order_by : str, optional
        Feature whose centroid numbers the segments, largest first. Default: the
        first feature with "monetary" in its name, else the first feature.

    Returns
    -------
    pyarrow.Table
        `SEGMENT_MODEL_SCHEMA`, sorted; one row per (model_version, algorithm, k,
        component, segment_id, feature). Components: 'mean' and 'scale' (population
        standard deviation, 1 for a constant) in the features' units; 'centroid' in
        scaled units for segments 1..k; 'metric' with the metric's name as feature.
        segment_id is 0 except for centroids. value is null only for a metric that is
        not defined. 0 rows in, 0 rows out.

    Raises
    ------
    ValueError
        When a parameter is out of range, a column is missing, a key repeats, or a
        feature is not finite.

    Notes
    -----
    Metrics, on the sampled rows in scaled space: inertia (sum of squared distances),
    silhouette (Rousseeuw 1987, on at most `SILHOUETTE_ROWS` rows), Calinski-Harabasz,
    Davies-Bouldin, stability_ari (mean over `STABILITY_REFITS` bootstrap refits of
    the adjusted Rand index between the refit's labels and the full fit's, on the same
    rows; Hennig 2007), row_count, min_share (share of the smallest segment).

    Champion: the highest silhouette among the k whose smallest segment holds
    `min_share` of the rows and whose stability reaches `min_stability`; of those
    within `SILHOUETTE_TIE` of it, the most stable, then the smallest k. When no k
    passes, the same choice among all, with is_fallback = 1.

    A k is left out when there are fewer distinct rows than k, or no more rows than k
    (a segment per customer is none). When no k is left, one segment holds everyone.
    """
    feature_columns = list(feature_columns)
    _check_fit_parameters(
        feature_columns, min_k, max_k, sample_rows, n_init, order_by, min_share
    )
    require_columns(features, [key, *feature_columns], name="features")
    if features.num_rows == 0:
        return SEGMENT_MODEL_SCHEMA.empty_table()

    ordered = sorted_by(
        features.select([key, *feature_columns]), [key], name="features"
    )
    sample = ordered.take(pa.array(hash_order(ordered, [key])[:sample_rows]))
    raw = to_matrix(sample, feature_columns, name="features")
    ranking = _ranking(feature_columns, order_by)

    with one_thread():
        scaler = StandardScaler().fit(raw)
        rows = scaler.transform(raw)
        distinct_count = len(np.unique(rows, axis=0))
        candidates = [
            k
            for k in range(min_k, max_k + 1)
            if k <= distinct_count and k < rows.shape[0]
        ] or [1]
        pairs = (
            pairwise_distances(rows[:SILHOUETTE_ROWS]) if max(candidates) > 1 else ()
        )
        fits = []
        for k in candidates:
            model = _kmeans(k, n_init, random_state).fit(rows)
            centroids = model.cluster_centers_
            order = np.lexsort([-centroids[:, i] for i in reversed(ranking)])
            labels = model.labels_
            fits.append(
                {
                    "k": k,
                    "centroids": centroids[order],
                    **_metrics(rows, labels, k, model.inertia_, pairs),
                    "stability_ari": _stability(rows, labels, k, n_init, random_state),
                }
            )
    _crown(fits, min_share=min_share, min_stability=min_stability)

    learned_from = content_hash(
        {"keys": sample[key].cast(pa.string()).to_pylist(), "values": raw}
    )
    long_rows = []
    for fit in fits:
        version = content_hash(
            {
                "algorithm": ALGORITHM,
                "k": fit["k"],
                "features": feature_columns,
                "mean": scaler.mean_,
                "scale": scaler.scale_,
                "centroids": fit["centroids"],
                "learned_from": learned_from,
                "code_version": code_version,
            }
        )
        head = (version, ALGORITHM, fit["k"])
        for position, feature in enumerate(feature_columns):
            long_rows += [
                (*head, "mean", 0, feature, scaler.mean_[position]),
                (*head, "scale", 0, feature, scaler.scale_[position]),
            ]
            long_rows += [
                (*head, "centroid", segment, feature, centroid[position])
                for segment, centroid in enumerate(fit["centroids"], start=1)
            ]
        long_rows += [(*head, "metric", 0, name, fit[name]) for name in METRICS]
    long_rows.sort(key=lambda row: (row[2], row[3], row[4], row[5]))
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
) -> pa.Table:
    """Give each customer the nearest segment of the champion model.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer, in any order.
    models : pyarrow.Table
        From `fit_segment_models`; read back as rows, nothing else is needed.
    key : str
    feature_columns : sequence of str
        As in the fit, in any order.

    Returns
    -------
    pyarrow.Table
        Sorted by `key`: key, segment_id, distance and second_distance (Euclidean, in
        scaled space, to the nearest and next centroid), confidence, model_version.
        0 rows when there are no customers or no model.

    Raises
    ------
    ValueError
        When the features are not those of the model or not finite, or the models do
        not hold exactly one champion.

    Notes
    -----
    confidence = 1 - distance / second_distance: 1 on a centroid, 0 half way between
    two. With one segment there is no other to confuse it with: second_distance is
    null and confidence 1. With both distances 0 (two centroids in one place) it is 0.
    Equal distances go to the lowest segment_id.

    Distances come from `scipy.spatial.distance.cdist`, which subtracts and then
    squares in feature order, as SQL does. KMeans.transform expands the square, which
    loses half of the digits near a centroid and could not agree with SQL to 1e-9.
    """
    feature_columns = list(feature_columns)
    require_columns(features, [key, *feature_columns], name="features")
    require_columns(models, SEGMENT_MODEL_SCHEMA.names, name="models")
    schema = pa.schema([*key_fields(features, [key]), *ASSIGNMENT_FIELDS])
    if features.num_rows == 0 or models.num_rows == 0:
        return schema.empty_table()

    version, scaler, model = _rebuilt_champion(models, feature_columns)
    ordered = sorted_by(
        features.select([key, *feature_columns]), [key], name="features"
    )
    raw = to_matrix(ordered, feature_columns, name="features")
    count = len(raw)
    labels = np.empty(count, dtype=np.int64)
    nearest = np.empty(count)
    second = np.full(count, np.nan)
    for start in range(0, count, ASSIGN_ROWS):
        block = slice(start, start + ASSIGN_ROWS)
        distances = cdist(scaler.transform(raw[block]), model.cluster_centers_)
        labels[block] = distances.argmin(axis=1)
        nearest[block] = distances.min(axis=1)
        if distances.shape[1] > 1:
            second[block] = np.partition(distances, 1, axis=1)[:, 1]
    if model.n_clusters == 1:
        confidence = np.ones(count)
    else:
        apart = second > 0
        ratio = np.divide(nearest, second, out=np.ones(count), where=apart)
        confidence = 1.0 - ratio
    return conform(
        {
            key: ordered[key],
            "segment_id": labels + 1,
            "distance": nearest,
            "second_distance": pa.array(second, from_pandas=True),
            "confidence": confidence,
            "model_version": [version] * count,
        },
        schema,
        name="segment assignments",
    )


def _check_fit_parameters(
    feature_columns, min_k, max_k, sample_rows, n_init, order_by, min_share
) -> None:
    at_least("number of feature_columns", len(feature_columns), 1, "name one")
    if len(set(feature_columns)) != len(feature_columns):
        raise ValueError(
            f"feature_columns must be distinct, got {feature_columns}; drop the repeat"
        )
    at_least("min_k", min_k, 2, "one segment is the fallback and needs no asking")
    at_least("max_k", max_k, min_k, "raise it to min_k or lower min_k")
    at_least("sample_rows", sample_rows, max_k + 1, "K-means needs more rows than k")
    at_least("n_init", n_init, 1, "use 3 or more to escape poor starts")
    if not 0 <= min_share <= 1 / min_k:
        raise ValueError(
            f"min_share must be between 0 and 1 / min_k, got {min_share!r}; "
            "no k could have a smallest segment that large"
        )
    if order_by is not None and order_by not in feature_columns:
        raise ValueError(
            f"order_by must be one of feature_columns {feature_columns}, "
            f"got {order_by!r}; name one or leave it out"
        )


def _ranking(feature_columns: list[str], order_by: str | None) -> list[int]:
    """Positions of the features in the order that numbers the segments."""
    if order_by is None:
        monetary = [column for column in feature_columns if "monetary" in column]
        order_by = (monetary or feature_columns)[0]
    first = feature_columns.index(order_by)
    return [first, *(i for i in range(len(feature_columns)) if i != first)]


def _kmeans(k: int, n_init: int, seed: int) -> KMeans:
    return KMeans(n_clusters=k, n_init=n_init, random_state=seed, algorithm="lloyd")


def _metrics(rows, labels, k, inertia, pairs) -> dict[str, float | None]:
    """Quality of one labelling; a metric that needs two segments is None for k=1."""
    shares = np.bincount(labels, minlength=k) / len(rows)
    metrics = {
        "inertia": float(inertia),
        "silhouette": None,
        "calinski_harabasz": None,
        "davies_bouldin": None,
        "row_count": float(len(rows)),
        "min_share": float(shares.min()),
    }
    if k > 1:
        metrics["calinski_harabasz"] = float(calinski_harabasz_score(rows, labels))
        metrics["davies_bouldin"] = float(davies_bouldin_score(rows, labels))
        judged = labels[: len(pairs)]
        if 2 <= len(np.unique(judged)) < len(judged):
            metrics["silhouette"] = float(
                silhouette_score(pairs, judged, metric="precomputed")
            )
    return metrics


def _stability(rows, labels, k, n_init, random_state) -> float | None:
    """Mean adjusted Rand index of bootstrap refits against the full fit."""
    if k == 1:
        return None
    agreements = []
    for refit in range(STABILITY_REFITS):
        generator = np.random.default_rng([random_state, k, refit])
        drawn = rows[generator.integers(len(rows), size=min(len(rows), STABILITY_ROWS))]
        if len(np.unique(drawn, axis=0)) < k:
            continue
        seed = int(generator.integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = _kmeans(k, n_init, seed).fit(drawn)
        agreements.append(adjusted_rand_score(labels, model.predict(rows)))
    return float(np.mean(agreements)) if agreements else None


def _crown(fits: list[dict], *, min_share: float, min_stability: float) -> None:
    """Set is_champion and is_fallback on each fit."""

    def silhouette(fit) -> float:
        # Twelve digits, so that the winner does not hang on the order of a sum.
        return -1.0 if fit["silhouette"] is None else round(fit["silhouette"], 12)

    passing = [
        fit
        for fit in fits
        if fit["min_share"] >= min_share
        and fit["stability_ari"] is not None
        and fit["stability_ari"] >= min_stability
    ]
    best = max(silhouette(fit) for fit in passing or fits)
    champion = max(
        (fit for fit in passing or fits if silhouette(fit) >= best - SILHOUETTE_TIE),
        key=lambda fit: (round(fit["stability_ari"] or 0.0, 12), -fit["k"]),
    )
    for fit in fits:
        fit["is_champion"] = float(fit is champion)
        fit["is_fallback"] = float(fit is champion and not passing)


def _rebuilt_champion(
    models: pa.Table, feature_columns: list[str]
) -> tuple[str, StandardScaler, KMeans]:
    """sklearn objects whose learned state comes from the champion's rows."""
    crowned = models.filter(
        (pc.field("component") == "metric")
        & (pc.field("feature") == "is_champion")
        & (pc.field("value") == 1.0)
    )
    versions = sorted(set(crowned["model_version"].to_pylist()))
    if len(versions) != 1:
        raise ValueError(
            f"models must hold exactly one champion, got {versions}; "
            "pass the rows of one fit_segment_models call"
        )
    rows = models.filter(pc.field("model_version") == versions[0])
    values = {
        (row["component"], row["segment_id"], row["feature"]): row["value"]
        for row in rows.to_pylist()
    }
    learned = sorted(feature for part, _, feature in values if part == "mean")
    if learned != sorted(feature_columns):
        raise ValueError(
            f"feature_columns must be those of the model, {learned}; "
            f"got {sorted(feature_columns)}. Refit or pass the same features"
        )
    segments = sorted({segment for part, segment, _ in values if part == "centroid"})

    scaler = StandardScaler()
    scaler.mean_ = np.array([values["mean", 0, f] for f in feature_columns])
    scaler.scale_ = np.array([values["scale", 0, f] for f in feature_columns])
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(feature_columns)
    model = KMeans(n_clusters=len(segments))
    model.cluster_centers_ = np.array(
        [[values["centroid", s, f] for f in feature_columns] for s in segments]
    )
    model.n_features_in_ = len(feature_columns)
    return versions[0], scaler, model
