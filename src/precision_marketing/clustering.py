"""Ways to part rows into clusters, each told by prototypes that SQL can assign with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
)
from sklearn.neighbors import NearestNeighbors

# The silhouette needs every pair of rows. Beyond a few thousand it moves in the
# fourth digit only (0.5241 at 5k, 0.5242 at 20k) while time grows with the square.
SILHOUETTE_ROWS = 4_000
# Rows whose distances to all of them are held at a time: 8 MB stay in the cache.
SILHOUETTE_BLOCK = 250
# Ward needs every pair as well, and the neighbour searches of the density models near
# every pair. Their prototypes then speak for all rows.
PAIRWISE_ROWS = 4_000
# Refits per candidate behind stability_ari, and the rows of each. A bootstrap of 5,000
# rows asks a little more of K-means than one of 20,000, at a quarter of the time.
STABILITY_REFITS = 5
STABILITY_ROWS = {"kmeans": 5_000, "ward": 2_000, "dbscan": 2_000, "hdbscan": 2_000}
STABILITY_STARTS = 3
# A density model is kept as at most so many core points: everyone is compared with all.
CORE_POINTS = 1_000
# The smallest cluster that HDBSCAN looks for, as a share of the rows; smaller ones are
# no segment to a marketer.
LEAST_CLUSTER_SHARE = 0.02
# HDBSCAN has no radius. A row belongs to it when it is as near to a member as all but
# one in twenty members are to their own neighbours.
RADIUS_QUANTILE = 0.95
# Rows compared at a time, so that distances to 1,000 prototypes stay below 200 MB.
ASSIGN_ROWS = 25_000


@dataclass(frozen=True)
class Clustering:
    """One way to part rows, reduced to what assigns new ones.

    Attributes
    ----------
    algorithm, parameters : str
        What was fitted, as 'kmeans' and 'k=4'.
    k : int
        Clusters found; 0 when a density model calls everything noise.
    prototypes : numpy.ndarray of shape (p, d)
        Centroids, or core points of a density model.
    members : numpy.ndarray of shape (p,), int64
        The cluster, 1 to k, that each prototype stands for.
    radii : numpy.ndarray of shape (p,)
        How far from a prototype its cluster reaches; infinite for centroids.
    centroids : numpy.ndarray of shape (k, d)
        Means of the clusters; for centroid models the prototypes themselves.
    """

    algorithm: str
    parameters: str
    k: int
    prototypes: np.ndarray
    members: np.ndarray
    radii: np.ndarray
    centroids: np.ndarray

    @property
    def is_density(self) -> bool:
        """Whether prototypes are core points, and rows far from all are noise."""
        return self.algorithm in ("dbscan", "hdbscan")

    def numbered(self, ranking: Sequence[int]) -> Clustering:
        """The same clusters numbered by their centroids, the largest first.

        Parameters
        ----------
        ranking : sequence of int
            Positions of the features in the order that decides.
        """
        order = np.lexsort([-self.centroids[:, i] for i in reversed(ranking)])
        number = np.empty(self.k, dtype=np.int64)
        number[order] = np.arange(1, self.k + 1)
        members = number[self.members - 1]
        by_member = np.argsort(members, kind="stable")
        return Clustering(
            algorithm=self.algorithm,
            parameters=self.parameters,
            k=self.k,
            prototypes=self.prototypes[by_member],
            members=members[by_member],
            radii=self.radii[by_member],
            centroids=self.centroids[order],
        )

    def assign(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cluster of each row, by its nearest prototype.

        Parameters
        ----------
        rows : numpy.ndarray of shape (n, d)

        Returns
        -------
        labels : numpy.ndarray of shape (n,), int64
            1 to k; 0 is noise, farther from the prototype than its radius. Of equally
            near prototypes the first.
        nearest, second : numpy.ndarray of shape (n,)
            Distance to the nearest prototype, and to the nearest one of another
            cluster; NaN where there is none.

        Notes
        -----
        Distances come from `scipy.spatial.distance.cdist`, which subtracts and then
        squares in feature order, as SQL does. KMeans.transform expands the square,
        which loses half of the digits near a centroid and could not agree with SQL to
        1e-9.
        """
        count = len(rows)
        labels = np.zeros(count, dtype=np.int64)
        nearest = np.full(count, np.nan)
        second = np.full(count, np.nan)
        if self.k == 0:
            return labels, nearest, second
        for block, distances, chosen in self._nearest(rows):
            nearest[block] = distances[np.arange(len(chosen)), chosen]
            found = self.members[chosen]
            if self.k > 1:
                own = self.members[None, :] == found[:, None]
                second[block] = np.where(own, np.inf, distances).min(axis=1)
            labels[block] = np.where(nearest[block] <= self.radii[chosen], found, 0)
        return labels, nearest, second

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """The labels of `assign` alone, at half of the cost."""
        labels = np.zeros(len(rows), dtype=np.int64)
        if self.k > 0:
            for block, distances, chosen in self._nearest(rows):
                near = distances[np.arange(len(chosen)), chosen] <= self.radii[chosen]
                labels[block] = np.where(near, self.members[chosen], 0)
        return labels

    def _nearest(
        self, rows: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Blocks of rows, their distances to the prototypes, and the nearest one."""
        for start in range(0, len(rows), ASSIGN_ROWS):
            block = slice(start, start + ASSIGN_ROWS)
            distances = cdist(rows[block], self.prototypes)
            yield block, distances, distances.argmin(axis=1)


def fit_clusterings(
    rows: np.ndarray,
    algorithm: str,
    *,
    ks: Sequence[int],
    n_init: int,
    seed: int,
) -> dict[int, Clustering]:
    """Fit one algorithm with each of its settings.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n, d)
        Scaled, in an order that is random with respect to behaviour: what cannot
        afford all rows takes the first.
    algorithm : {"kmeans", "ward", "dbscan", "hdbscan"}
    ks : sequence of int
        Numbers of clusters to try; density models find their own.
    n_init : int
        Starts of each K-means.
    seed : int

    Returns
    -------
    dict of setting to Clustering
        The setting is k, and 0 for a density model. What the rows do not allow, as
        more clusters than distinct rows, is left out.
    """
    return FITTERS[algorithm](rows, ks=ks, n_init=n_init, seed=seed)


def _kmeans(rows, *, ks, n_init, seed) -> dict[int, Clustering]:
    distinct_count = len(np.unique(rows, axis=0))
    found = {}
    for k in ks:
        # A cluster per customer is none.
        if k > distinct_count or (k >= len(rows) and k > 1):
            continue
        model = KMeans(n_clusters=k, n_init=n_init, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows)
        found[k] = _around_centroids("kmeans", k, model.cluster_centers_)
    return found


def _ward(rows, *, ks, n_init, seed) -> dict[int, Clustering]:
    del n_init, seed
    rows = rows[:PAIRWISE_ROWS]
    distinct_count = len(np.unique(rows, axis=0))
    ks = [k for k in ks if k <= distinct_count and k < len(rows)]
    if not ks:
        return {}
    tree = linkage(rows, method="ward")
    found = {}
    for k in ks:
        labels = fcluster(tree, t=k, criterion="maxclust")
        # Merges of equal height are cut together, which leaves fewer than k.
        if labels.max() == k:
            found[k] = _around_centroids("ward", k, _means(rows, labels, k))
    return found


def _dbscan(rows, *, ks, n_init, seed) -> dict[int, Clustering]:
    del ks, n_init, seed
    rows = rows[:PAIRWISE_ROWS]
    min_samples = _min_samples(rows)
    if len(rows) <= min_samples:
        return {}
    eps = _knee(np.sort(_neighbour_distances(rows, min_samples)))
    if eps <= 0:
        return {}
    model = DBSCAN(eps=eps, min_samples=min_samples).fit(rows)
    core = model.core_sample_indices_
    return {
        0: _around_core_points(
            "dbscan",
            f"eps={eps:.6g}, min_samples={min_samples}",
            rows[core],
            model.labels_[core] + 1,
            np.full(len(core), eps),
        )
    }


def _hdbscan(rows, *, ks, n_init, seed) -> dict[int, Clustering]:
    del ks, n_init, seed
    rows = rows[:PAIRWISE_ROWS]
    min_samples = _min_samples(rows)
    least = max(min_samples, int(np.ceil(LEAST_CLUSTER_SHARE * len(rows))))
    # HDBSCAN of rows that are all alike has no tree to cut.
    if len(rows) <= 2 * least or len(np.unique(rows, axis=0)) <= min_samples:
        return {}
    model = HDBSCAN(min_cluster_size=least, min_samples=min_samples, copy=True)
    labels = model.fit(rows).labels_ + 1
    reach = _neighbour_distances(rows, min_samples)
    radii = np.zeros(len(rows))
    for member in range(1, labels.max() + 1):
        inside = labels == member
        radii[inside] = np.quantile(reach[inside], RADIUS_QUANTILE)
    core = labels > 0
    return {
        0: _around_core_points(
            "hdbscan",
            f"min_cluster_size={least}, min_samples={min_samples}",
            rows[core],
            labels[core],
            radii[core],
        )
    }


FITTERS: dict[str, Callable[..., dict[int, Clustering]]] = {
    "kmeans": _kmeans,
    "ward": _ward,
    "dbscan": _dbscan,
    "hdbscan": _hdbscan,
}


def judge(rows: np.ndarray, clusterings: Sequence[Clustering]) -> list[dict]:
    """Quality of clusterings on rows, as they would be assigned.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n, d)
    clusterings : sequence of Clustering

    Returns
    -------
    list of dict of metric to float or None
        One for each clustering. Noise is left out of all but noise_share, min_share and
        row_count. None where a metric needs two clusters and there is one. Silhouettes
        are those of the first `SILHOUETTE_ROWS` rows.
    """
    labelings = [clustering.labels(rows) for clustering in clusterings]
    clearness = _silhouettes(
        rows[:SILHOUETTE_ROWS], [labels[:SILHOUETTE_ROWS] for labels in labelings]
    )
    return [
        _quality(rows, clustering, labels) | {"silhouette": silhouette}
        for clustering, labels, silhouette in zip(
            clusterings, labelings, clearness, strict=True
        )
    ]


def _quality(rows: np.ndarray, clustering: Clustering, labels: np.ndarray) -> dict:
    """All metrics but the silhouette."""
    inside = labels > 0
    counts = np.bincount(labels, minlength=clustering.k + 1)
    metrics: dict[str, float | None] = {
        "inertia": None,
        "calinski_harabasz": None,
        "davies_bouldin": None,
        "row_count": float(len(rows)),
        "min_share": None,
        "noise_share": float(counts[0] / len(rows)),
    }
    if clustering.k == 0:
        return metrics
    apart = rows[inside] - clustering.centroids[labels[inside] - 1]
    metrics["inertia"] = float(np.square(apart).sum())
    metrics["min_share"] = float(counts[1:].min() / len(rows))
    if 2 <= np.count_nonzero(counts[1:]) < np.count_nonzero(inside):
        metrics["calinski_harabasz"] = float(
            calinski_harabasz_score(rows[inside], labels[inside])
        )
        metrics["davies_bouldin"] = float(
            davies_bouldin_score(rows[inside], labels[inside])
        )
    return metrics


def _silhouettes(
    rows: np.ndarray, labelings: Sequence[np.ndarray]
) -> list[float | None]:
    """Mean silhouette of each labeling from all distances (Rousseeuw 1987).

    Label 0 is left out. The distances are made once, a block at a time, and one matrix
    product with the members of all clusters of all labelings adds them up: scikit-learn
    goes through them row by row and once for each k, longer than fitting takes.
    """
    # (n, clusters of all labelings): 1 for a member. A labeling of one cluster, or of a
    # cluster per row, has no silhouette, and no columns.
    memberships, starts = [], []
    width = 0
    for labels in labelings:
        members = np.unique(labels[labels > 0])
        starts.append(width)
        if 2 <= len(members) < np.count_nonzero(labels):
            memberships.append(labels[:, None] == members)
            width += len(members)
    ends = [*starts[1:], width]
    if width == 0:
        return [None] * len(labelings)
    belongs = np.hstack(memberships).astype(float)
    sums = np.empty((len(rows), width))
    for start in range(0, len(rows), SILHOUETTE_BLOCK):
        block = slice(start, start + SILHOUETTE_BLOCK)
        sums[block] = cdist(rows[block], rows) @ belongs
    return [
        _silhouette(belongs[:, start:end], sums[:, start:end]) if end > start else None
        for start, end in zip(starts, ends, strict=True)
    ]


def _silhouette(belongs: np.ndarray, sums: np.ndarray) -> float:
    """Mean silhouette from members of and summed distances to clusters, both (n, k)."""
    inside = belongs.any(axis=1)
    counts = belongs.sum(axis=0)
    belongs, sums = belongs[inside], sums[inside]
    own = belongs.argmax(axis=1)
    at_home = (np.arange(len(own)), own)
    # Nobody is company to themselves.
    within = sums[at_home] / np.maximum(counts[own] - 1, 1)
    means = sums / counts
    means[at_home] = np.inf
    outside = means.min(axis=1)
    larger = np.maximum(within, outside)
    scores = np.divide(
        outside - within, larger, out=np.zeros(len(own)), where=larger > 0
    )
    return float(np.where(counts[own] == 1, 0.0, scores).mean())


def stabilities(
    rows: np.ndarray,
    fitted: dict[int, Clustering],
    algorithm: str,
    *,
    seed: int,
) -> dict[int, float | None]:
    """How well each clustering comes back in bootstrap samples of the rows.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n, d)
    fitted : dict of setting to Clustering
        As `fit_clusterings` returned it.
    algorithm : str
    seed : int

    Returns
    -------
    dict of setting to float or None
        Mean over `STABILITY_REFITS` refits of the adjusted Rand index between the
        refit's labels and the fit's (Hennig 2007), on as many rows as are drawn for a
        refit. None where a single
        cluster leaves nothing to compare, or no refit was possible.
    """
    settings = [setting for setting, one in fitted.items() if one.k > 1]
    if not settings:
        return dict.fromkeys(fitted)
    judged = rows[: STABILITY_ROWS[algorithm]]
    labels = {setting: fitted[setting].labels(judged) for setting in settings}
    agreements: dict[int, list[float]] = {setting: [] for setting in settings}
    size = min(len(rows), STABILITY_ROWS[algorithm])
    for refit in range(STABILITY_REFITS):
        generator = np.random.default_rng([seed, refit])
        drawn = rows[generator.integers(len(rows), size=size)]
        again = fit_clusterings(
            drawn,
            algorithm,
            ks=settings,
            n_init=STABILITY_STARTS,
            seed=int(generator.integers(2**31)),
        )
        for setting in settings:
            if setting in again:
                agreements[setting].append(
                    adjusted_rand_score(labels[setting], again[setting].labels(judged))
                )
    return {
        setting: float(np.mean(agreements[setting]))
        if agreements.get(setting)
        else None
        for setting in fitted
    }


def _means(rows: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Mean of each cluster 1 to k, of shape (k, d)."""
    return np.array([rows[labels == member].mean(axis=0) for member in range(1, k + 1)])


def _around_centroids(algorithm: str, k: int, centroids: np.ndarray) -> Clustering:
    return Clustering(
        algorithm=algorithm,
        parameters=f"k={k}",
        k=k,
        prototypes=centroids,
        members=np.arange(1, k + 1),
        radii=np.full(k, np.inf),
        centroids=centroids,
    )


def _around_core_points(
    algorithm: str,
    parameters: str,
    points: np.ndarray,
    members: np.ndarray,
    radii: np.ndarray,
) -> Clustering:
    """A density model reduced to a bounded number of its core points."""
    k = int(members.max()) if len(members) else 0
    kept, reach = _spread_out(points, members, radii)
    return Clustering(
        algorithm=algorithm,
        parameters=parameters,
        k=k,
        prototypes=points[kept],
        members=members[kept].astype(np.int64),
        radii=radii[kept] * reach,
        centroids=_means(points, members, k) if k else points[:0],
    )


def _spread_out(
    points: np.ndarray, members: np.ndarray, radii: np.ndarray
) -> tuple[np.ndarray, float]:
    """Positions of at most `CORE_POINTS` points, and how much farther they reach.

    A point is left out when one of its cluster is kept within a share of the radius;
    the share grows until the bound is met. Those kept reach farther by that share, so
    that they take in all that the others did. Few points are kept as they are.
    """
    if len(points) <= CORE_POINTS:
        return np.arange(len(points)), 1.0
    share = 0.125
    while True:
        kept = [
            position
            for member in np.unique(members)
            for position in _net(
                points, np.flatnonzero(members == member), share, radii
            )
        ]
        if len(kept) <= CORE_POINTS:
            return np.sort(kept), 1.0 + share
        share *= 2


def _net(
    points: np.ndarray, candidates: np.ndarray, share: float, radii: np.ndarray
) -> list[int]:
    """The candidates left when each kept one clears a share of its radius around it."""
    kept = []
    while len(candidates):
        first = candidates[0]
        kept.append(int(first))
        gaps = np.linalg.norm(points[candidates] - points[first], axis=1)
        candidates = candidates[gaps > share * radii[first]]
    return kept


def _min_samples(rows: np.ndarray) -> int:
    """Neighbours that make a core point.

    Twice the features (Sander et al. 1998), and more where there are many rows: with
    four neighbours among 800 rows DBSCAN cuts two crescents into eight pieces, with
    twice the logarithm of the rows it finds the two.
    """
    return max(4, 2 * rows.shape[1], round(2 * np.log(len(rows))))


def _neighbour_distances(rows: np.ndarray, neighbours: int) -> np.ndarray:
    """Distance of each row to its n-th nearest, itself the first, as DBSCAN counts."""
    search = NearestNeighbors(n_neighbors=neighbours).fit(rows)
    return search.kneighbors(rows)[0][:, -1]


def _knee(rising: np.ndarray) -> float:
    """Where a rising curve bends most: farthest below the line between its ends.

    Ester et al. (1996) read eps off the sorted distances to the n-th neighbour by eye;
    this is the point that Kneedle (Satopää et al. 2011) would mark.
    """
    span = rising[-1] - rising[0]
    if span <= 0:
        return float(rising[-1])
    below = np.linspace(0, 1, len(rising)) - (rising - rising[0]) / span
    return float(rising[below.argmax()])
