"""Segments in plain rules: a shallow tree that imitates them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from sklearn.tree import DecisionTreeClassifier

from precision_marketing.frames import (
    conform,
    require_columns,
    sorted_by,
    to_matrix,
)

# Four conditions are as many as a reader holds in mind.
MAX_DEPTH = 4
# Leaves that each segment may be spread over; more imitate better and say less.
LEAVES_PER_SEGMENT = 2
# A leaf of fewer customers is chance, not a rule.
LEAST_LEAF_SHARE = 0.01

SEGMENT_RULE_SCHEMA = pa.schema(
    [
        ("fitted_segment_id", pa.int64()),
        ("measure", pa.string()),
        ("lower_bound", pa.float64()),
        ("upper_bound", pa.float64()),
        ("fill_value", pa.float64()),
        ("tree_fidelity", pa.float64()),
    ]
)


def explain_segments(
    measures: pa.Table,
    *,
    key: str,
    label: str,
    measure_columns: Sequence[str],
    random_state: int = 0,
) -> pa.Table:
    """One rule a segment, from a tree that tells the segments apart by measures.

    Parameters
    ----------
    measures : pyarrow.Table
        One row per customer, in any order: measures in the units people speak, null
        where they are not known, and the segment.
    key, label : str
        Columns of the customer and of the segment.
    measure_columns : sequence of str
        What rules may be made of.
    random_state : int
        Seed; decides between splits that are equally good.

    Returns
    -------
    pyarrow.Table
        `SEGMENT_RULE_SCHEMA`, one row per segment that has a rule and measure. The
        rule is ``lower_bound < measure <= upper_bound`` for all measures, null bounds
        left out and unknown measures taken as fill_value. tree_fidelity is the share
        of customers whom the whole tree puts into their segment. 0 rows in, 0 rows
        out.

    Notes
    -----
    A segment's rule is the path to the leaf that holds most of its customers, among
    the leaves where it is the most frequent segment; a segment without one has no
    rule. A threshold is the roundest number between the two values that it parts, so
    rounding moves no customer of the table.
    """
    require_columns(measures, [key, label, *measure_columns], name="measures")
    if measures.num_rows == 0:
        return SEGMENT_RULE_SCHEMA.empty_table()
    ordered = sorted_by(measures, [key], name="measures")
    matrix = to_matrix(ordered, measure_columns, name="measures", allow_missing=True)
    segments = ordered[label].to_numpy()
    fills = np.array([_middle(column) for column in matrix.T])
    matrix = np.where(np.isnan(matrix), fills, matrix)

    found = np.unique(segments)
    tree = DecisionTreeClassifier(
        max_depth=MAX_DEPTH,
        max_leaf_nodes=max(2, LEAVES_PER_SEGMENT * len(found)),
        min_samples_leaf=max(1, int(LEAST_LEAF_SHARE * len(matrix))),
        random_state=random_state,
    ).fit(matrix, segments)
    # scikit-learn compares in single precision: the path is walked in double, so that
    # SQL and this table speak of the same rule.
    bounds = _leaf_bounds(tree, matrix)
    inside = {leaf: _holds(matrix, *limits) for leaf, limits in bounds.items()}
    predicted = {leaf: found[tree.tree_.value[leaf, 0].argmax()] for leaf in bounds}
    right = sum(
        np.count_nonzero(segments[rows] == predicted[leaf])
        for leaf, rows in inside.items()
    )
    long_rows = []
    for segment in found:
        leaves = [leaf for leaf in bounds if predicted[leaf] == segment]
        if not leaves:
            continue
        best = max(
            leaves,
            key=lambda leaf, own=segment: (
                np.count_nonzero(segments[inside[leaf]] == own),
                -leaf,
            ),
        )
        lower, upper = bounds[best]
        for position, measure in enumerate(measure_columns):
            long_rows.append(
                {
                    "fitted_segment_id": int(segment),
                    "measure": measure,
                    "lower_bound": _number(lower[position]),
                    "upper_bound": _number(upper[position]),
                    "fill_value": float(fills[position]),
                    "tree_fidelity": right / len(segments),
                }
            )
    return conform(
        pa.Table.from_pylist(long_rows, schema=SEGMENT_RULE_SCHEMA),
        SEGMENT_RULE_SCHEMA,
        name="segment rules",
    )


def roundest_between(lower: float, upper: float) -> float:
    """The number with the fewest digits from `lower` on and below `upper`.

    Parameters
    ----------
    lower, upper : float
        The two neighbouring values that a threshold parts; lower < upper.

    Returns
    -------
    float
        t with lower <= t < upper, so that ``x <= t`` parts the two.
    """
    middle = lower + (upper - lower) / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        if lower <= rounded < upper:
            return rounded
    return lower


def _middle(values: np.ndarray) -> float:
    """Median of what is known; 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _leaf_bounds(
    tree: DecisionTreeClassifier, matrix: np.ndarray
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Leaf -> lower (exclusive) and upper (inclusive) bound of each measure."""
    nodes = tree.tree_
    width = matrix.shape[1]
    bounds = {}
    waiting = [(0, np.full(width, -np.inf), np.full(width, np.inf))]
    while waiting:
        node, lower, upper = waiting.pop()
        if nodes.children_left[node] == -1:
            bounds[node] = (lower, upper)
            continue
        measure = nodes.feature[node]
        values = matrix[:, measure]
        threshold = nodes.threshold[node]
        below, above = values[values <= threshold], values[values > threshold]
        if len(below) and len(above):
            threshold = roundest_between(float(below.max()), float(above.min()))
        left_upper, right_lower = upper.copy(), lower.copy()
        left_upper[measure] = right_lower[measure] = threshold
        waiting.append((nodes.children_left[node], lower, left_upper))
        waiting.append((nodes.children_right[node], right_lower, upper))
    return bounds


def _holds(matrix: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Whether each row lies within the bounds."""
    return ((matrix > lower) & (matrix <= upper)).all(axis=1)


def _number(bound: float) -> float | None:
    """A bound as a table holds it: none where there is no end."""
    return float(bound) if np.isfinite(bound) else None
