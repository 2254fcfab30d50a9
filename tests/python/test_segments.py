"""Segment models: planted groups, sklearn as oracle, and awkward inputs."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from threadpoolctl import threadpool_limits

from precision_marketing.clustering import FITTERS
from precision_marketing.frames import hash_order
from precision_marketing.segments import (
    METRICS,
    SEGMENT_MODEL_SCHEMA,
    assign_segments,
    fit_segment_models,
)

FEATURES = ["recency_days", "frequency", "monetary"]
OPTIONS = {"key": "customer_id", "feature_columns": FEATURES}
KMEANS = {"algorithms": ["kmeans"], "min_k": 3, "order_by": "monetary"}


def to_table(matrix, names=FEATURES):
    keys = [f"c{i:05d}" for i in range(len(matrix))]
    return pa.table(
        {"customer_id": keys} | {name: matrix[:, i] for i, name in enumerate(names)}
    )


def blobs(centers=5, rows=600, spread=0.5):
    return make_blobs(
        n_samples=rows,
        centers=centers,
        n_features=3,
        cluster_std=spread,
        center_box=(-12, 12),
        random_state=4,
    )


def fit(table, **changes):
    return fit_segment_models(table, **(OPTIONS | KMEANS | {"max_k": 8} | changes))


def version_of(models, k, algorithm="kmeans"):
    rows = models.filter((pc.field("k") == k) & (pc.field("algorithm") == algorithm))
    (version,) = set(rows["model_version"].to_pylist())
    return version


def assign(table, models, k, algorithm="kmeans", **changes):
    options = OPTIONS | changes
    options.setdefault("model_version", version_of(models, k, algorithm))
    return assign_segments(table, models, **options)


def metric_table(models):
    rows = models.filter(pc.field("component") == "metric").to_pylist()
    table = {}
    for row in rows:
        table.setdefault(row["k"], {})[row["feature"]] = row["value"]
    return table


@pytest.fixture(scope="module")
def planted():
    matrix, truth = blobs()
    table = to_table(matrix)
    return table, truth, fit(table)


def test_planted_groups_are_recovered(planted):
    table, truth, models = planted
    found = assign(table, models, 5)["segment_id"].to_numpy()
    assert metrics.adjusted_rand_score(truth, found) == pytest.approx(1.0)
    measured = metric_table(models)
    assert max(measured, key=lambda k: measured[k]["silhouette"]) == 5
    assert measured[5]["stability_ari"] == pytest.approx(1.0)
    assert measured[8]["stability_ari"] < measured[5]["stability_ari"]


def test_long_table_has_its_grain_and_schema(planted):
    _, _, models = planted
    assert models.schema == SEGMENT_MODEL_SCHEMA
    grain = models.select(SEGMENT_MODEL_SCHEMA.names[:-1]).to_pandas()
    assert not grain.duplicated().any()
    assert not grain.isna().any().any()
    for k in range(3, 9):
        rows = models.filter(pc.field("k") == k)
        counts = rows["component"].value_counts().to_pylist()
        assert {c["values"]: c["counts"] for c in counts} == {
            "center": 3,
            "scale": 3,
            "centroid": 3 * k,
            "fence": k,
            "metric": len(METRICS),
        }
        assert len(rows["model_version"].unique()) == 1
    assert len(models["model_version"].unique()) == 6


def test_metrics_equal_sklearn_on_sklearns_own_pipeline(planted):
    table, _, models = planted
    order = hash_order(table, ["customer_id"])
    matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])[order]
    for k, measured in metric_table(models).items():
        model = make_pipeline(
            StandardScaler(), KMeans(n_clusters=k, n_init=10, random_state=0)
        )
        labels = model.fit_predict(matrix)
        rows = model[0].transform(matrix)
        smallest = np.bincount(labels).min() / len(labels)
        expected = {
            "inertia": model[1].inertia_,
            "silhouette": metrics.silhouette_score(rows, labels),
            "calinski_harabasz": metrics.calinski_harabasz_score(rows, labels),
            "davies_bouldin": metrics.davies_bouldin_score(rows, labels),
            "row_count": len(rows),
            "min_share": smallest,
            "noise_share": 0.0,
        }
        for name, value in expected.items():
            assert measured[name] == pytest.approx(value, rel=1e-9), (k, name)
        assert 0 <= measured["stability_ari"] <= 1


def test_assignment_equals_sklearns_pipeline(planted):
    table, _, models = planted
    order = hash_order(table, ["customer_id"])
    matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])
    model = make_pipeline(
        StandardScaler(), KMeans(n_clusters=5, n_init=10, random_state=0)
    ).fit(matrix[order])
    assigned = assign(table, models, 5)
    assert metrics.adjusted_rand_score(
        model.predict(matrix), assigned["segment_id"].to_numpy()
    ) == pytest.approx(1.0)
    distances = np.sort(model.transform(matrix), axis=1)
    for column, expected in [("distance", 0), ("second_distance", 1)]:
        np.testing.assert_allclose(
            assigned[column].to_numpy(), distances[:, expected], atol=1e-7
        )
    np.testing.assert_allclose(
        assigned["confidence"].to_numpy(),
        1 - distances[:, 0] / distances[:, 1],
        atol=1e-6,
    )


def test_segments_are_numbered_by_a_feature_largest_first(planted):
    table, _, models = planted
    for name, fitted in [
        ("monetary", models),
        ("recency_days", fit(table, order_by="recency_days")),
        ("recency_days", fit(table, order_by=None)),
    ]:
        segments = assign(table, fitted, 5)["segment_id"].to_numpy()
        values = table[name].to_numpy()
        means = [values[segments == s].mean() for s in range(1, 6)]
        assert means == sorted(means, reverse=True)


def test_shuffled_rows_give_the_same_bits(planted):
    table, _, models = planted
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    assert fit(shuffled).equals(models)
    mixed = models.take(np.random.default_rng(2).permutation(models.num_rows))
    assert assign(shuffled, mixed, 5).equals(assign(table, models, 5))


def test_one_and_two_threads_give_the_same_bits(planted):
    table, _, models = planted
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            assert fit(table).equals(models)


def test_same_seed_twice_is_equal_and_code_version_is_in_the_name(planted):
    table, _, models = planted
    assert fit(table).equals(models)
    renamed = fit(table, code_version="2")
    assert set(renamed["model_version"].to_pylist()).isdisjoint(
        models["model_version"].to_pylist()
    )
    assert renamed["value"].equals(models["value"])


def test_sample_is_the_first_rows_in_hash_order():
    matrix, _ = blobs(rows=400)
    table = to_table(matrix)
    chosen = table.take(hash_order(table, ["customer_id"])[:150])
    assert fit(table, sample_rows=150, max_k=5).equals(fit(chosen, max_k=5))


def test_hand_computed_centroids_and_distances():
    # Two places on a line, three rows each; scaled they are -1 and +1.
    table = pa.table(
        {
            "customer_id": [1, 2, 3, 4, 5, 6],
            "monetary": pa.array([Decimal("10.00")] * 3 + [Decimal("30.00")] * 3),
        }
    )
    options = {"feature_columns": ["monetary"]}
    models = fit(table, min_k=2, max_k=4, **options)
    assert models["k"].unique().to_pylist() == [2]
    values = {
        (row["component"], row["segment_id"]): row["value"]
        for row in models.to_pylist()
        if row["component"] != "metric"
    }
    assert values == {
        ("center", 0): 20.0,
        ("scale", 0): 10.0,
        ("centroid", 1): 1.0,
        ("centroid", 2): -1.0,
        # All members lie on their centroid: three times the least range.
        ("fence", 1): pytest.approx(0.3),
        ("fence", 2): pytest.approx(0.3),
    }
    new = pa.table(
        {
            "customer_id": [7, 8, 9],
            "monetary": [Decimal("30.00"), Decimal("20.00"), Decimal("25.00")],
        }
    )
    assigned = assign(new, models, 2, **options)
    # 20.00 is half way: the lower segment id wins, with no confidence.
    assert assigned["segment_id"].to_pylist() == [1, 1, 1]
    assert assigned["distance"].to_pylist() == [0.0, 1.0, 0.5]
    assert assigned["second_distance"].to_pylist() == [2.0, 1.0, 1.5]
    assert assigned["confidence"].to_pylist() == [1.0, 0.0, 1.0 - 0.5 / 1.5]
    assert assigned["is_outlier"].to_pylist() == [False, True, True]


def test_two_centroids_in_one_place_leave_no_confidence():
    models = pa.Table.from_pylist(
        [
            dict(zip(SEGMENT_MODEL_SCHEMA.names, row, strict=True))
            for row in [
                ("v", "kmeans", "k=2", 2, "center", 0, 0, "monetary", 0.0),
                ("v", "kmeans", "k=2", 2, "scale", 0, 0, "monetary", 1.0),
                ("v", "kmeans", "k=2", 2, "centroid", 1, 0, "monetary", 5.0),
                ("v", "kmeans", "k=2", 2, "centroid", 2, 0, "monetary", 5.0),
            ]
        ],
        schema=SEGMENT_MODEL_SCHEMA,
    )
    table = pa.table({"customer_id": ["a", "b"], "monetary": [5.0, 7.0]})
    assigned = assign(table, models, 2, feature_columns=["monetary"])
    assert assigned["confidence"].to_pylist() == [0.0, 0.0]
    assert assigned["segment_id"].to_pylist() == [1, 1]


@pytest.mark.parametrize("rows", [1, 2])
def test_few_customers_form_one_segment(rows):
    table = to_table(np.arange(3.0 * rows).reshape(rows, 3))
    models = fit(table, algorithms=list(FITTERS), min_k=2)
    assert models["k"].unique().to_pylist() == [1]
    measured = metric_table(models)[1]
    assert measured["min_share"] == 1
    assert measured["noise_share"] == 0
    assert measured["silhouette"] is None
    assigned = assign(table, models, 1)
    assert assigned["segment_id"].to_pylist() == [1] * rows
    assert assigned["is_outlier"].to_pylist() == [False] * rows
    assert assigned["confidence"].to_pylist() == [1.0] * rows
    assert assigned["second_distance"].to_pylist() == [None] * rows
    if rows == 1:
        assert assigned["distance"].to_pylist() == [0.0]


def test_fewer_distinct_rows_than_k_leave_that_k_out():
    matrix = np.repeat(blobs(centers=4, rows=4)[0], 25, axis=0)
    models = fit(to_table(matrix))
    assert models["k"].unique().to_pylist() == [3, 4]
    assert metric_table(models)[4]["silhouette"] == pytest.approx(1.0)


def test_constant_feature_has_scale_one_and_no_influence(planted):
    table, _, models = planted
    names = [*FEATURES, "always"]
    wider = table.append_column("always", pa.array([0.1] * table.num_rows))
    for scaling in ("standard", "robust"):
        fitted = fit(wider, feature_columns=names, scaling=scaling)
        scale = fitted.filter(
            (pc.field("component") == "scale") & (pc.field("feature") == "always")
        )
        assert set(scale["value"].to_pylist()) == {1.0}
        assigned = assign(wider, fitted, 5, feature_columns=names)
        assert assigned["segment_id"].equals(assign(table, models, 5)["segment_id"])


def test_robust_scaling_is_sklearns_in_normal_deviations(planted):
    table, _, _ = planted
    order = hash_order(table, ["customer_id"])
    matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])[order]
    oracle = RobustScaler(unit_variance=True).fit(matrix)
    values = {
        (row["component"], row["feature"]): row["value"]
        for row in fit(table, scaling="robust").to_pylist()
    }
    for position, name in enumerate(FEATURES):
        assert values["center", name] == pytest.approx(oracle.center_[position])
        assert values["scale", name] == pytest.approx(oracle.scale_[position])


def test_where_most_are_alike_robust_scaling_falls_back_on_the_deviation():
    matrix = np.zeros((100, 3))
    matrix[:20] = np.arange(60.0).reshape(20, 3)
    models = fit(to_table(matrix), scaling="robust")
    scales = models.filter(pc.field("component") == "scale").to_pylist()
    for row in scales:
        column = matrix[:, FEATURES.index(row["feature"])]
        assert row["value"] == pytest.approx(column.std())


def test_empty_input_keeps_types(planted):
    table, _, models = planted
    empty = table.slice(0, 0)
    assert fit(empty).equals(SEGMENT_MODEL_SCHEMA.empty_table())
    expected = assign(table, models, 5).schema
    assert assign(empty, models, 5).schema == expected
    nobody = assign_segments(
        table, SEGMENT_MODEL_SCHEMA.empty_table(), model_version=None, **OPTIONS
    )
    assert nobody.num_rows == 0
    assert nobody.schema == expected


def test_integer_keys_stay_integers(planted):
    table, _, _ = planted
    keys = pa.array(range(table.num_rows), pa.int32())
    numbered = table.set_column(0, "customer_id", keys)
    models = fit(numbered, max_k=5)
    assert assign(numbered, models, 5).schema[0].type == pa.int32()


def test_rebuilt_state_scores_new_customers_one_at_a_time(planted):
    table, _, models = planted
    whole = assign(table, models, 5)
    for position in (0, 17, 599):
        single = assign(table.slice(position, 1), models, 5)
        assert single.equals(whole.slice(position, 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_k": 1}, "min_k must be at least 2, got 1"),
        ({"max_k": 2}, "max_k must be at least 3, got 2"),
        ({"sample_rows": 5}, "sample_rows must be at least 9, got 5"),
        ({"feature_columns": []}, "number of feature_columns must be at least 1"),
        ({"feature_columns": ["monetary", "monetary"]}, "must be distinct"),
        ({"order_by": "age"}, "order_by must be one of .*got 'age'"),
        ({"algorithms": []}, "number of algorithms must be at least 1"),
        ({"algorithms": ["kmean"]}, r"algorithms must be of .*got \['kmean'\]"),
        ({"scaling": "log"}, "scaling must be one of .*got 'log'"),
        ({"feature_columns": ["age"], "order_by": "age"}, r"missing columns \['age'\]"),
    ],
)
def test_errors_name_the_parameter_and_the_value(planted, changes, message):
    with pytest.raises(ValueError, match=message):
        fit(planted[0], **changes)


def test_missing_values_and_wrong_models_are_errors(planted):
    table, _, models = planted
    holes = table.set_column(
        1, "recency_days", pa.array([None, *table["recency_days"].to_pylist()[1:]])
    )
    with pytest.raises(ValueError, match=r"recency_days \(1\)"):
        fit(holes)
    with pytest.raises(ValueError, match=r"recency_days \(1\)"):
        assign(holes, models, 5)
    with pytest.raises(ValueError, match="must be those of the model"):
        assign(table, models, 5, feature_columns=["monetary"])
    with pytest.raises(ValueError, match=r"one of the models, got 'none'"):
        assign(table, models, 5, model_version="none")


@pytest.mark.parametrize("algorithm", ["ward", "dbscan", "hdbscan"])
def test_other_algorithms_find_the_planted_groups(planted, algorithm):
    table, truth, _ = planted
    models = fit(table, algorithms=[algorithm], max_k=6)
    assigned = assign(table, models, 5, algorithm)
    found = assigned["segment_id"].to_numpy()
    inside = found > 0
    assert inside.mean() > 0.9
    assert metrics.adjusted_rand_score(truth[inside], found[inside]) == pytest.approx(
        1.0
    )
    if algorithm == "ward":
        assert inside.all()


def test_metrics_of_a_density_model_leave_noise_out(planted):
    table, _, _ = planted
    models = fit(table, algorithms=["dbscan"])
    labels = assign(table, models, 5, "dbscan")["segment_id"].to_numpy()
    raw = np.column_stack([table[name].to_numpy() for name in FEATURES])
    rows = StandardScaler().fit_transform(raw)
    inside = labels > 0
    measured = metric_table(models)[5]
    assert 0 < measured["noise_share"] == pytest.approx(1 - inside.mean())
    for name, oracle in [
        ("silhouette", metrics.silhouette_score),
        ("calinski_harabasz", metrics.calinski_harabasz_score),
        ("davies_bouldin", metrics.davies_bouldin_score),
    ]:
        expected = oracle(rows[inside], labels[inside])
        assert measured[name] == pytest.approx(expected, rel=1e-9), name


def test_noise_is_an_outlier_without_a_segment(planted):
    table, _, _ = planted
    models = fit(table, algorithms=["dbscan"])
    far = to_table(np.array([[900.0, 900.0, 900.0]]))
    (row,) = assign(far, models, 5, "dbscan").to_pylist()
    assert (row["segment_id"], row["confidence"], row["is_outlier"]) == (0, 0.0, True)


def test_a_centroid_model_flags_who_is_far_from_everyone(planted):
    table, _, models = planted
    flagged = assign(table, models, 5)["is_outlier"].to_numpy()
    assert flagged.mean() < 0.01
    far = to_table(np.array([[900.0, 900.0, 900.0]]))
    (row,) = assign(far, models, 5).to_pylist()
    assert row["segment_id"] in range(1, 6) and row["is_outlier"]


def test_all_algorithms_share_one_table(planted):
    table, _, _ = planted
    models = fit(table, algorithms=list(FITTERS), min_k=2, max_k=4)
    versions = models.group_by(["algorithm", "parameters"]).aggregate(
        [("model_version", "count_distinct")]
    )
    assert versions["model_version_count_distinct"].unique().to_pylist() == [1]
    assert sorted(versions["algorithm"].to_pylist()) == [
        "dbscan",
        "hdbscan",
        *["kmeans"] * 3,
        *["ward"] * 3,
    ]
    assert fit(table, algorithms=list(FITTERS), min_k=2, max_k=4).equals(models)
