"""Segment numbers from refit to refit."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.datasets import make_blobs

from precision_marketing.segment_history import (
    SEGMENT_HISTORY_SCHEMA,
    continue_history,
)
from precision_marketing.segments import fit_segment_models

FEATURES = ["rate", "value"]
OPTIONS = {"key": "customer_id", "feature_columns": FEATURES}
PLACES = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def shop(places, rows=400, seed=0, names=FEATURES):
    matrix = make_blobs(rows, centers=places, cluster_std=0.6, random_state=seed)[0]
    keys = [f"c{seed}-{i:04d}" for i in range(rows)]
    return pa.table(
        {"customer_id": keys} | {name: matrix[:, i] for i, name in enumerate(names)}
    )


def fit(table, k=4, features=FEATURES):
    return fit_segment_models(
        table,
        key="customer_id",
        feature_columns=features,
        algorithms=["kmeans"],
        min_k=k,
        max_k=k,
    )


def levels_of(models, text="level"):
    version = models["model_version"][0].as_py()
    k = models["k"][0].as_py()
    return pa.table(
        {
            "model_version": [version] * k,
            "fitted_segment_id": list(range(1, k + 1)),
            "levels": [f"{text} {segment}" for segment in range(1, k + 1)],
        }
    )


def step(table, history, k=4, text="level"):
    """One build: its history rows, and the history with them kept."""
    models = fit(table, k)
    rows = continue_history(table, models, levels_of(models, text), history, **OPTIONS)
    if history is None:
        return rows, rows
    others = history.filter(
        pc.field("model_version") != rows["model_version"][0].as_py()
    )
    return rows, pa.concat_tables([others, rows])


def values(rows, component, column="value"):
    chosen = rows.filter(pc.field("component") == component).to_pylist()
    return {row["segment_id"]: row[column] for row in chosen}


def places_of(rows):
    """Number -> the centroid's place on the grid, in the features' units."""
    table = {
        (row["component"], row["segment_id"], row["feature"]): row["value"]
        for row in rows.to_pylist()
    }
    return {
        int(number): tuple(
            10
            * round(
                (
                    table["centroid", segment, f] * table["scale", 0, f]
                    + table["center", 0, f]
                )
                / 10
            )
            for f in FEATURES
        )
        for segment, number in values(rows, "number").items()
    }


@pytest.fixture(scope="module")
def first():
    return step(shop(PLACES), None)


def test_the_first_build_numbers_as_the_fit_does(first):
    rows, _ = first
    assert rows.schema == SEGMENT_HISTORY_SCHEMA
    assert values(rows, "number") == {1: 1, 2: 2, 3: 3, 4: 4}
    assert set(values(rows, "overlap").values()) == {None}
    assert values(rows, "levels", "text_value")[2] == "level 2"
    assert rows["sequence_number"].unique().to_pylist() == [1]


def test_the_same_build_again_changes_nothing(first):
    rows, history = first
    again, kept = step(shop(PLACES), history)
    assert again.equals(rows)
    assert kept.num_rows == history.num_rows


def test_another_threshold_renames_the_same_model(first):
    rows, history = first
    again, _ = step(shop(PLACES), history, text="by another threshold")
    assert values(again, "number") == values(rows, "number")
    texts = values(again, "levels", "text_value").values()
    assert all(text.startswith("by another threshold") for text in texts)
    assert again["sequence_number"].unique().to_pylist() == [1]


def test_a_kept_name_survives_a_rebuild(first):
    _, history = first
    moved = shop(PLACES + 1.0, seed=13)
    refit, history = step(moved, history, text="new")
    again, _ = step(moved, history, text="new")
    assert all(
        text.startswith("level")
        for text in values(again, "levels", "text_value").values()
    )
    assert again.equals(refit)


def test_a_segment_keeps_number_and_name_where_the_fit_numbers_otherwise(first):
    rows, history = first
    # Everyone moves so that the order of the first feature turns round.
    moved = PLACES + np.array([[2.5, 0.0], [-2.5, 0.0], [2.6, 0.0], [-2.6, 0.0]])
    refit, _ = step(shop(moved, seed=3), history, text="new")
    fitted_numbers = list(values(refit, "number").values())
    assert fitted_numbers != sorted(fitted_numbers)
    assert sorted(fitted_numbers) == [1, 2, 3, 4]
    before, after = places_of(rows), places_of(refit)
    assert before == after
    assert all(
        text.startswith("level")
        for text in values(refit, "levels", "text_value").values()
    )
    assert min(values(refit, "overlap").values()) > 0.9
    assert refit["sequence_number"].unique().to_pylist() == [2]


def test_a_new_segment_gets_a_number_never_used(first):
    rows, history = first
    five = np.vstack([PLACES, [[5.0, 40.0]]])
    refit, history = step(shop(five, rows=500, seed=5), history, k=5)
    places = places_of(refit)
    assert {number: places[number] for number in range(1, 5)} == places_of(rows)
    assert places[5][1] == 40
    overlaps = values(refit, "overlap")
    (new,) = [s for s, number in values(refit, "number").items() if number == 5]
    assert overlaps[new] is None
    # It goes, and another comes: 5 is not used again.
    other = np.vstack([PLACES, [[40.0, 5.0]]])
    later, _ = step(shop(other, rows=500, seed=6), history, k=5)
    assert sorted(places_of(later)) == [1, 2, 3, 4, 6]


def test_the_name_goes_when_half_of_the_customers_do(first):
    _, history = first
    # Two of the old segments in one, which shares half with the larger of them.
    merged, _ = step(shop(PLACES[[0, 1, 2, 3]], seed=8), history, k=3, text="new")
    overlaps = values(merged, "overlap")
    texts = values(merged, "levels", "text_value")
    for segment, overlap in overlaps.items():
        expected = "level" if overlap is not None and overlap >= 0.5 else "new"
        assert texts[segment].startswith(expected)
    assert min(overlap or 0 for overlap in overlaps.values()) < 0.55


def test_a_model_that_was_in_use_before_has_its_numbers_again(first):
    rows, history = first
    _, history = step(shop(PLACES + 1.0, seed=9), history)
    back, history = step(shop(PLACES), history)
    assert values(back, "number") == values(rows, "number")
    assert back["sequence_number"].unique().to_pylist() == [3]
    assert len(history["model_version"].unique()) == 2


def test_other_features_are_other_segments(first):
    _, history = first
    names = ["rate", "age"]
    table = shop(PLACES, names=names)
    models = fit(table, features=names)
    rows = continue_history(
        table,
        models,
        levels_of(models),
        history,
        key="customer_id",
        feature_columns=names,
    )
    assert sorted(values(rows, "number").values()) == [5, 6, 7, 8]


def test_without_a_champion_there_is_nothing_to_keep(first):
    _, history = first
    empty = levels_of(fit(shop(PLACES))).slice(0, 0)
    found = continue_history(
        shop(PLACES).slice(0, 0),
        fit(shop(PLACES)).slice(0, 0),
        empty,
        history,
        **OPTIONS,
    )
    assert found.equals(SEGMENT_HISTORY_SCHEMA.empty_table())


def test_row_order_has_no_influence(first):
    _, history = first
    table = shop(PLACES + 0.5, seed=11)
    mixed = np.random.default_rng(0).permutation(history.num_rows)
    assert step(table, history)[0].equals(step(table, history.take(mixed))[0])
