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
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from precision_marketing import segments
from precision_marketing.frames import hash_order
from precision_marketing.segments import (
    METRICS,
    SEGMENT_MODEL_SCHEMA,
    assign_segments,
    fit_segment_models,
)

FEATURES = ["recency_days", "frequency", "monetary"]
OPTIONS = {"key": "customer_id", "feature_columns": FEATURES}


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
    return fit_segment_models(table, **(OPTIONS | {"max_k": 8} | changes))


def metric_table(models):
    rows = models.filter(pc.field("component") == "metric").to_pylist()
    table = {}
    for row in rows:
        table.setdefault(row["k"], {})[row["feature"]] = row["value"]
    return table


def champion_k(models):
    (champion,) = [k for k, m in metric_table(models).items() if m["is_champion"] == 1]
    return champion


@pytest.fixture(scope="module")
def planted():
    matrix, truth = blobs()
    table = to_table(matrix)
    return table, truth, fit(table)


def test_planted_groups_are_recovered(planted):
    table, truth, models = planted
    assert champion_k(models) == 5
    assigned = assign_segments(table, models, **OPTIONS)
    found = assigned["segment_id"].to_numpy()
    assert metrics.adjusted_rand_score(truth, found) == pytest.approx(1.0)
    measured = metric_table(models)
    assert measured[5]["stability_ari"] == pytest.approx(1.0)
    assert measured[5]["is_fallback"] == 0
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
            "mean": 3,
            "scale": 3,
            "centroid": 3 * k,
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
            StandardScaler(), KMeans(n_clusters=k, n_init=3, random_state=0)
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
        }
        for name, value in expected.items():
            assert measured[name] == pytest.approx(value, rel=1e-9), (k, name)
        assert 0 <= measured["stability_ari"] <= 1


def test_assignment_equals_sklearns_pipeline(planted):
    table, _, models = planted
    order = hash_order(table, ["customer_id"])
    matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])
    model = make_pipeline(
        StandardScaler(), KMeans(n_clusters=5, n_init=3, random_state=0)
    ).fit(matrix[order])
    assigned = assign_segments(table, models, **OPTIONS)
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


def test_segments_are_numbered_by_money_in_original_units(planted):
    table, _, models = planted
    assigned = assign_segments(table, models, **OPTIONS)
    money = table["monetary"].to_numpy()
    segments = assigned["segment_id"].to_numpy()
    means = [money[segments == s].mean() for s in range(1, 6)]
    assert means == sorted(means, reverse=True)
    by_recency = fit(table, order_by="recency_days")
    assigned = assign_segments(table, by_recency, **OPTIONS)
    recency = table["recency_days"].to_numpy()
    segments = assigned["segment_id"].to_numpy()
    means = [recency[segments == s].mean() for s in range(1, 6)]
    assert means == sorted(means, reverse=True)


def test_shuffled_rows_give_the_same_bits(planted):
    table, _, models = planted
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    assert fit(shuffled).equals(models)
    mixed = models.take(np.random.default_rng(2).permutation(models.num_rows))
    assert assign_segments(shuffled, mixed, **OPTIONS).equals(
        assign_segments(table, models, **OPTIONS)
    )


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


def test_champion_is_the_best_silhouette_that_is_large_and_stable_enough():
    matrix, _ = blobs(centers=4, rows=400)
    # One far customer is a segment of its own to K-means, and none to a marketer.
    matrix[0] = [90.0, 90.0, 90.0]
    models = fit(to_table(matrix), max_k=7)
    measured = metric_table(models)
    assert measured[5]["silhouette"] == max(m["silhouette"] for m in measured.values())
    assert measured[5]["min_share"] == 1 / 400
    assert champion_k(models) == 3
    assert measured[3]["is_fallback"] == 0
    lenient = fit(to_table(matrix), max_k=7, min_share=0.001)
    assert champion_k(lenient) == 5
    # Only k=5 is this stable, and it is too small: nothing passes.
    strict = fit(to_table(matrix), max_k=7, min_stability=0.94)
    assert metric_table(strict)[champion_k(strict)]["is_fallback"] == 1


@pytest.mark.parametrize(
    ("silhouettes", "stabilities", "champion"),
    [
        # k = 3, 4, 5. Close: the most stable wins; equally stable: the smallest k.
        ((0.500, 0.505, 0.494), (0.7, 0.8, 0.9), 4),
        ((0.500, 0.505, 0.496), (0.7, 0.8, 0.9), 5),
        ((0.500, 0.505, 0.496), (0.8, 0.8, 0.8), 3),
        # Not close: the silhouette decides. Not stable: out, whatever the rest.
        ((0.400, 0.600, 0.500), (0.9, 0.7, 0.9), 4),
        ((0.400, 0.600, 0.500), (0.9, 0.5, 0.7), 5),
        # Nothing passes, or nothing is known: the same choice among all.
        ((0.400, 0.600, 0.500), (0.1, 0.2, 0.3), 4),
        ((None, None, None), (None, None, None), 3),
    ],
)
def test_of_close_silhouettes_the_most_stable_wins(silhouettes, stabilities, champion):
    fits = [
        {"k": k, "silhouette": silhouette, "stability_ari": stability, "min_share": 0.1}
        for k, silhouette, stability in zip(
            (3, 4, 5), silhouettes, stabilities, strict=True
        )
    ]
    segments._crown(fits, min_share=0.02, min_stability=0.6)
    assert [fit["k"] for fit in fits if fit["is_champion"] == 1] == [champion]
    passes = any((stability or 0) >= 0.6 for stability in stabilities)
    assert sum(fit["is_fallback"] for fit in fits) == (0 if passes else 1)


def test_without_a_passing_k_the_best_silhouette_says_it_is_a_fallback(planted):
    table, _, _ = planted
    models = fit(table, min_share=0.33, min_k=3)
    measured = metric_table(models)
    best = max(measured, key=lambda k: measured[k]["silhouette"])
    assert champion_k(models) == best
    assert measured[best]["is_fallback"] == 1
    assert sum(m["is_fallback"] for m in measured.values()) == 1


def test_hand_computed_centroids_and_distances():
    # Two places on a line, three rows each; scaled they are -1 and +1.
    table = pa.table(
        {
            "customer_id": [1, 2, 3, 4, 5, 6],
            "monetary": pa.array([Decimal("10.00")] * 3 + [Decimal("30.00")] * 3),
        }
    )
    options = {"key": "customer_id", "feature_columns": ["monetary"]}
    models = fit_segment_models(table, min_k=2, max_k=4, **options)
    assert models["k"].unique().to_pylist() == [2]
    values = {
        (row["component"], row["segment_id"]): row["value"]
        for row in models.to_pylist()
        if row["component"] != "metric"
    }
    assert values == {
        ("mean", 0): 20.0,
        ("scale", 0): 10.0,
        ("centroid", 1): 1.0,
        ("centroid", 2): -1.0,
    }
    new = pa.table(
        {
            "customer_id": [7, 8, 9],
            "monetary": [Decimal("30.00"), Decimal("20.00"), Decimal("25.00")],
        }
    )
    assigned = assign_segments(new, models, **options)
    # 20.00 is half way: the lower segment id wins, with no confidence.
    assert assigned["segment_id"].to_pylist() == [1, 1, 1]
    assert assigned["distance"].to_pylist() == [0.0, 1.0, 0.5]
    assert assigned["second_distance"].to_pylist() == [2.0, 1.0, 1.5]
    assert assigned["confidence"].to_pylist() == [1.0, 0.0, 1.0 - 0.5 / 1.5]


def test_two_centroids_in_one_place_leave_no_confidence():
    models = pa.Table.from_pylist(
        [
            dict(zip(SEGMENT_MODEL_SCHEMA.names, row, strict=True))
            for row in [
                ("v", "kmeans", 2, "mean", 0, "monetary", 0.0),
                ("v", "kmeans", 2, "scale", 0, "monetary", 1.0),
                ("v", "kmeans", 2, "centroid", 1, "monetary", 5.0),
                ("v", "kmeans", 2, "centroid", 2, "monetary", 5.0),
                ("v", "kmeans", 2, "metric", 0, "is_champion", 1.0),
            ]
        ],
        schema=SEGMENT_MODEL_SCHEMA,
    )
    table = pa.table({"customer_id": ["a", "b"], "monetary": [5.0, 7.0]})
    assigned = assign_segments(
        table, models, key="customer_id", feature_columns=["monetary"]
    )
    assert assigned["confidence"].to_pylist() == [0.0, 0.0]
    assert assigned["segment_id"].to_pylist() == [1, 1]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_customers_form_one_segment(rows):
    table = to_table(np.arange(3.0 * rows).reshape(rows, 3))
    models = fit(table)
    assert models["k"].unique().to_pylist() == [1]
    measured = metric_table(models)[1]
    assert measured["is_champion"] == measured["is_fallback"] == 1
    assert measured["min_share"] == 1
    assert measured["silhouette"] is None
    assigned = assign_segments(table, models, **OPTIONS)
    assert assigned["segment_id"].to_pylist() == [1] * rows
    assert assigned["confidence"].to_pylist() == [1.0] * rows
    assert assigned["second_distance"].to_pylist() == [None] * rows
    if rows == 1:
        assert assigned["distance"].to_pylist() == [0.0]


def test_fewer_distinct_rows_than_k_leave_that_k_out():
    matrix = np.repeat(blobs(centers=4, rows=4)[0], 25, axis=0)
    models = fit(to_table(matrix))
    assert models["k"].unique().to_pylist() == [3, 4]
    assert champion_k(models) == 4
    assert metric_table(models)[4]["silhouette"] == pytest.approx(1.0)


def test_constant_feature_has_scale_one_and_no_influence(planted):
    table, _, models = planted
    names = [*FEATURES, "always"]
    wider = table.append_column("always", pa.array([0.1] * table.num_rows))
    fitted = fit_segment_models(
        wider, key="customer_id", feature_columns=names, max_k=8
    )
    scale = fitted.filter(
        (pc.field("component") == "scale") & (pc.field("feature") == "always")
    )
    assert set(scale["value"].to_pylist()) == {1.0}
    assigned = assign_segments(wider, fitted, key="customer_id", feature_columns=names)
    assert assigned["segment_id"].equals(
        assign_segments(table, models, **OPTIONS)["segment_id"]
    )


def test_empty_input_keeps_types(planted):
    table, _, models = planted
    empty = table.slice(0, 0)
    assert fit(empty).equals(SEGMENT_MODEL_SCHEMA.empty_table())
    expected = assign_segments(table, models, **OPTIONS).schema
    for features, parameters in [
        (empty, models),
        (table, SEGMENT_MODEL_SCHEMA.empty_table()),
    ]:
        assigned = assign_segments(features, parameters, **OPTIONS)
        assert assigned.num_rows == 0
        assert assigned.schema == expected


def test_integer_keys_stay_integers(planted):
    table, _, _ = planted
    keys = pa.array(range(table.num_rows), pa.int32())
    numbered = table.set_column(0, "customer_id", keys)
    models = fit(numbered, max_k=5)
    assert assign_segments(numbered, models, **OPTIONS).schema[0].type == pa.int32()


def test_rebuilt_state_scores_new_customers_one_at_a_time(planted):
    table, _, models = planted
    whole = assign_segments(table, models, **OPTIONS)
    for position in (0, 17, 599):
        single = assign_segments(table.slice(position, 1), models, **OPTIONS)
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
        ({"min_share": 0.5}, "min_share must be between 0 and 1 / min_k, got 0.5"),
        ({"feature_columns": ["age"]}, r"missing columns \['age'\]"),
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
        assign_segments(holes, models, **OPTIONS)
    with pytest.raises(ValueError, match="must be those of the model"):
        assign_segments(table, models, key="customer_id", feature_columns=["monetary"])
    two = pa.concat_tables([models, fit(table, code_version="2", max_k=5)])
    with pytest.raises(ValueError, match="exactly one champion"):
        assign_segments(table, two, **OPTIONS)
