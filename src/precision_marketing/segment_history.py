"""Segment numbers that last: each refit is matched to the model before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment

from precision_marketing.frames import conform, one_thread, require_columns
from precision_marketing.segments import SEGMENT_MODEL_SCHEMA, assign_segments

# Two segments are the same one when they share this much of the customers that either
# holds (Jaccard). Below, most of its customers are others, and an old number would lie.
LEAST_OVERLAP = 0.3
# From here on most customers of either are in both: the name stays as well, although
# the centroid may have moved across a threshold between two words.
LEAST_OVERLAP_OF_NAME = 0.5

SEGMENT_HISTORY_SCHEMA = pa.schema(
    [
        pa.field("sequence_number", pa.int64()),
        *SEGMENT_MODEL_SCHEMA,
        pa.field("text_value", pa.string()),
    ]
)


def continue_history(
    features: pa.Table,
    models: pa.Table,
    levels: pa.Table,
    history: pa.Table | None,
    *,
    key: str,
    feature_columns: Sequence[str],
) -> pa.Table:
    """Number the champion's segments like those of the model before it.

    Parameters
    ----------
    features : pyarrow.Table
        Today's customers, one row each, that both models are compared on.
    models : pyarrow.Table
        From `segments.fit_segment_models`.
    levels : pyarrow.Table
        One row per segment of the champion: model_version, fitted_segment_id and
        levels, the text that its name is made from. 0 rows: there is no champion.
    history : pyarrow.Table, optional
        What earlier calls returned, all of it.
    key : str
    feature_columns : sequence of str

    Returns
    -------
    pyarrow.Table
        `SEGMENT_HISTORY_SCHEMA`: the rows of the champion, to be kept under its
        model_version. Those of the model, of components

        - 'number': the lasting number of each fitted segment;
        - 'overlap': the share of customers it has in common with the segment that had
          the number before (Jaccard); null for a new one;
        - 'levels': what its name is made from, in text_value;
        - 'fitted_levels': the same as its own centroid would have it.

    Notes
    -----
    Both models assign the same customers with today's behaviour, so that a customer
    who changed is no evidence against a segment. Segments are paired so that the sum
    of their overlaps is largest (Hungarian method); pairs below `LEAST_OVERLAP` are
    no match. What has no match gets a number never used before. A model that was in
    use before has its old numbers again, and one made of other features shares none.
    """
    require_columns(
        levels, ["model_version", "fitted_segment_id", "levels"], name="levels"
    )
    if levels.num_rows == 0:
        return SEGMENT_HISTORY_SCHEMA.empty_table()
    version = levels["model_version"][0].as_py()
    past = SEGMENT_HISTORY_SCHEMA.empty_table() if history is None else history
    known = past.filter(pc.field("model_version") == version)
    last = pc.max(past["sequence_number"]).as_py() if past.num_rows else 0
    texts = dict(
        zip(
            levels["fitted_segment_id"].to_pylist(),
            levels["levels"].to_pylist(),
            strict=True,
        )
    )
    if known.num_rows:
        sequence = known["sequence_number"][0].as_py()
        return _in_order(
            _with_levels(known, texts), sequence if sequence == last else last + 1
        )

    previous = past.filter(pc.field("sequence_number") == last)
    options = {"key": key, "feature_columns": list(feature_columns)}
    matches = _matches(features, models, version, previous, options)
    used = _values(past, "number")
    unused = int(max(used.values(), default=0)) + 1

    own = models.filter(pc.field("model_version") == version)
    head = own.slice(0, 1).to_pylist()[0]
    rows = [row | {"text_value": None} for row in _parameters(own)]
    for segment in sorted(texts):
        number, overlap, text = matches.get(segment, (None, None, None))
        if number is None:
            number, unused = unused, unused + 1
        if overlap is None or overlap < LEAST_OVERLAP_OF_NAME:
            text = texts[segment]
        for component, value, text_value in (
            ("number", float(number), None),
            ("overlap", overlap, None),
            ("levels", None, text),
            ("fitted_levels", None, texts[segment]),
        ):
            rows.append(
                head
                | {
                    "component": component,
                    "segment_id": segment,
                    "point": 0,
                    "feature": "segment",
                    "value": value,
                    "text_value": text_value,
                }
            )
    return _in_order(
        pa.Table.from_pylist(
            [{"sequence_number": 0} | row for row in rows],
            schema=SEGMENT_HISTORY_SCHEMA,
        ),
        last + 1,
    )


def _with_levels(known: pa.Table, texts: dict[int, str]) -> pa.Table:
    """A model's rows with today's levels, where these are others than at its fit.

    The model being the same, it is the threshold between levels that has changed.
    """
    rows = known.to_pylist()
    changed = {
        row["segment_id"]
        for row in rows
        if row["component"] == "fitted_levels"
        and row["text_value"] != texts[row["segment_id"]]
    }
    for row in rows:
        if row["segment_id"] in changed and row["component"].endswith("levels"):
            row["text_value"] = texts[row["segment_id"]]
    return pa.Table.from_pylist(rows, schema=SEGMENT_HISTORY_SCHEMA)


def _matches(
    features: pa.Table,
    models: pa.Table,
    version: str,
    previous: pa.Table,
    options: dict,
) -> dict[int, tuple[int, float, str]]:
    """Fitted segment -> number, overlap and levels of the segment it continues."""
    if previous.num_rows == 0 or features.num_rows == 0:
        return {}
    learned = set(
        previous.filter(pc.field("component") == "center")["feature"].to_pylist()
    )
    if learned != set(options["feature_columns"]):
        return {}
    with one_thread():
        old = assign_segments(
            features,
            previous.select(SEGMENT_MODEL_SCHEMA.names),
            model_version=previous["model_version"][0].as_py(),
            **options,
        )["segment_id"].to_numpy()
        new = assign_segments(features, models, model_version=version, **options)[
            "segment_id"
        ].to_numpy()
    counts = np.zeros((new.max() + 1, old.max() + 1))
    np.add.at(counts, (new, old), 1)
    either = counts.sum(axis=1)[:, None] + counts.sum(axis=0)[None, :] - counts
    # Noise, segment 0, is no segment that could be continued.
    overlaps = np.divide(counts, either, out=np.zeros_like(counts), where=either > 0)
    overlaps = overlaps[1:, 1:]
    numbers = _values(previous, "number")
    texts = {
        row["segment_id"]: row["text_value"]
        for row in previous.filter(pc.field("component") == "levels").to_pylist()
    }
    version_before = previous["model_version"][0].as_py()
    return {
        int(i) + 1: (
            int(numbers[version_before, int(j) + 1]),
            float(overlaps[i, j]),
            texts[int(j) + 1],
        )
        for i, j in zip(*linear_sum_assignment(-overlaps), strict=True)
        if overlaps[i, j] >= LEAST_OVERLAP
    }


def _parameters(models: pa.Table) -> list[dict]:
    """The rows of a model without its metrics: what assigns customers."""
    return models.filter(pc.field("component") != "metric").to_pylist()


def _values(history: pa.Table, component: str) -> dict[tuple[str, int], float]:
    """(model_version, segment) -> value."""
    rows = history.filter(pc.field("component") == component).to_pylist()
    return {(row["model_version"], row["segment_id"]): row["value"] for row in rows}


def _in_order(rows: pa.Table, sequence_number: int) -> pa.Table:
    """The rows of one model under a sequence number, in a fixed order."""
    numbered = rows.set_column(
        0, "sequence_number", pa.array([sequence_number] * rows.num_rows, pa.int64())
    )
    order = [(name, "ascending") for name in ("component", "segment_id", "point")]
    return conform(
        numbered.sort_by([*order, ("feature", "ascending")]),
        SEGMENT_HISTORY_SCHEMA,
        name="segment history",
    )
