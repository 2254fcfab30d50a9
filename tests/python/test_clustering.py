"""Clusterings: scikit-learn's own labels, bounded core points, degenerate rows."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score

from precision_marketing import clustering
from precision_marketing.clustering import FITTERS, fit_clusterings, judge

OPTIONS = {"ks": range(2, 7), "n_init": 3, "seed": 0}


@pytest.fixture(scope="module")
def moons():
    """Two crescents: centroids cannot part them, density can."""
    return make_moons(n_samples=800, noise=0.06, random_state=3)


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(n_samples=500, centers=4, random_state=7)[0]


def test_kmeans_labels_are_sklearns(blobs):
    for k, found in fit_clusterings(blobs, "kmeans", **OPTIONS).items():
        oracle = KMeans(n_clusters=k, n_init=3, random_state=0).fit(blobs)
        labels, nearest, _ = found.assign(blobs)
        assert adjusted_rand_score(oracle.labels_, labels) == 1
        assert judge(blobs, [found])[0]["inertia"] == pytest.approx(
            oracle.inertia_, rel=1e-12
        )
        assert np.square(nearest).sum() == pytest.approx(oracle.inertia_, rel=1e-12)


def test_ward_centroids_are_the_means_of_sklearns_clusters(blobs):
    for k, found in fit_clusterings(blobs, "ward", **OPTIONS).items():
        labels = AgglomerativeClustering(n_clusters=k, linkage="ward").fit_predict(
            blobs
        )
        means = np.array([blobs[labels == own].mean(axis=0) for own in range(k)])
        for mean in means:
            assert np.abs(found.centroids - mean).max(axis=1).min() < 1e-12


def test_dbscan_core_points_keep_their_labels(moons):
    rows, _ = moons
    (found,) = fit_clusterings(rows, "dbscan", **OPTIONS).values()
    # Twice the logarithm of 800 rows.
    oracle = DBSCAN(eps=found.radii[0], min_samples=13).fit(rows)
    labels, _, _ = found.assign(rows)
    core = oracle.core_sample_indices_
    assert adjusted_rand_score(oracle.labels_[core], labels[core]) == 1
    # What DBSCAN calls noise is within eps of no core point.
    assert (labels[oracle.labels_ == -1] == 0).all()
    assert (labels[oracle.labels_ >= 0] > 0).all()
    assert set(found.members) == set(range(1, found.k + 1))


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan"])
def test_density_follows_shapes_that_centroids_cut(moons, algorithm):
    rows, truth = moons
    (found,) = fit_clusterings(rows, algorithm, **OPTIONS).values()
    two = fit_clusterings(rows, "kmeans", **(OPTIONS | {"ks": [2]}))[2]
    assert adjusted_rand_score(truth, two.assign(rows)[0]) < 0.5
    assert adjusted_rand_score(truth, found.assign(rows)[0]) > 0.9


def test_core_points_are_bounded_and_still_speak_for_all(moons, monkeypatch):
    rows, _ = moons
    (whole,) = fit_clusterings(rows, "dbscan", **OPTIONS).values()
    monkeypatch.setattr(clustering, "CORE_POINTS", 120)
    (thinned,) = fit_clusterings(rows, "dbscan", **OPTIONS).values()
    assert len(thinned.prototypes) <= 120 < len(whole.prototypes)
    assert thinned.k == whole.k
    before, after = whole.assign(rows)[0], thinned.assign(rows)[0]
    inside = before > 0
    # Nobody is left out; who was noise just outside may be taken in.
    np.testing.assert_array_equal(before[inside], after[inside])


def test_of_many_rows_the_pairwise_algorithms_take_the_first(blobs, monkeypatch):
    monkeypatch.setattr(clustering, "PAIRWISE_ROWS", 200)
    for algorithm in ("ward", "dbscan", "hdbscan"):
        short = fit_clusterings(blobs[:200], algorithm, **OPTIONS)
        long = fit_clusterings(blobs, algorithm, **OPTIONS)
        for setting, found in long.items():
            np.testing.assert_array_equal(found.prototypes, short[setting].prototypes)


@pytest.mark.parametrize("algorithm", FITTERS)
@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((1, 2)),
        np.zeros((50, 2)),
        np.array([[0.0, 0.0], [1.0, 1.0]]),
        np.repeat([[0.0, 0.0], [5.0, 5.0]], 25, axis=0),
        np.arange(20.0).reshape(10, 2),
        np.column_stack([np.arange(60.0), np.zeros(60)]),
    ],
    ids=["one", "alike", "two", "two places", "ten", "constant feature"],
)
def test_degenerate_rows_give_fewer_candidates_never_an_error(algorithm, rows):
    for found in fit_clusterings(rows, algorithm, **OPTIONS).values():
        (measured,) = judge(rows, [found])
        assert 0 <= measured["noise_share"] <= 1
        for value in measured.values():
            assert value is None or np.isfinite(value)
        labels, _, _ = found.assign(rows)
        assert labels.min() >= 0 and labels.max() <= found.k


def test_stability_is_one_for_groups_far_apart_and_low_for_none():
    apart = make_blobs(
        n_samples=300, centers=[[0, 0], [50, 0], [0, 50]], random_state=1
    )[0]
    uniform = np.random.default_rng(5).uniform(size=(300, 2))
    stable = {}
    for name, rows in {"apart": apart, "uniform": uniform}.items():
        fitted = fit_clusterings(rows, "kmeans", ks=[3, 6], n_init=3, seed=0)
        stable[name] = clustering.stabilities(rows, fitted, "kmeans", seed=0)
    assert stable["apart"][3] == 1
    assert stable["apart"][6] < 0.9
    assert stable["uniform"][6] < 0.9


def test_numbering_moves_no_row(blobs):
    (found,) = fit_clusterings(blobs, "kmeans", **(OPTIONS | {"ks": [4]})).values()
    numbered = found.numbered([1, 0])
    assert (np.diff(numbered.centroids[:, 1]) < 0).all()
    assert adjusted_rand_score(found.assign(blobs)[0], numbered.assign(blobs)[0]) == 1
