"""Decision trees and sums of them as one list of nodes."""

from collections.abc import Sequence

import numpy as np

from precision_marketing.predictive.parameters import Learned, Parameters, Vector

LEAF = -1
# Rows times trees walked at once: a few arrays of this size stay in the cache.
STEPS_AT_ONCE = 500_000


def nodes_of_sklearn(trees: Sequence, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Columns (feature, threshold, left, right, value) of sklearn's `tree_` objects.

    Parameters
    ----------
    trees : sequence of sklearn.tree._tree.Tree
    values : sequence of numpy.ndarray
        What each node of each tree is worth.
    """
    parts = [
        (
            np.where(tree.children_left < 0, LEAF, tree.feature),
            np.where(tree.children_left < 0, 0.0, tree.threshold),
            tree.children_left,
            tree.children_right,
            value,
        )
        for tree, value in zip(trees, values, strict=True)
    ]
    return _joined(parts)


def nodes_of_boosting(predictors: Sequence) -> list[np.ndarray]:
    """The same columns of a histogram gradient boosting's trees."""
    parts = []
    for (predictor,) in predictors:
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        parts.append(
            (
                np.where(is_leaf, LEAF, nodes["feature_idx"]),
                np.where(is_leaf, 0.0, nodes["num_threshold"]),
                np.where(is_leaf, LEAF, nodes["left"].astype(np.int64)),
                np.where(is_leaf, LEAF, nodes["right"].astype(np.int64)),
                nodes["value"],
            )
        )
    return _joined(parts)


def _joined(parts) -> list[np.ndarray]:
    """One list of nodes; children point into it, and a root is nobody's child."""
    offsets = np.cumsum([0, *(len(part[0]) for part in parts)])[:-1]
    shifted = [
        (
            feature,
            threshold,
            np.where(left < 0, LEAF, left + offset),
            np.where(right < 0, LEAF, right + offset),
            value,
        )
        for offset, (feature, threshold, left, right, value) in zip(
            offsets, parts, strict=True
        )
    ]
    return [np.concatenate(column) for column in zip(*shifted, strict=True)]


def learned_nodes(
    nodes: list[np.ndarray], fill: np.ndarray, features: Sequence[str]
) -> Learned:
    """Components of a list of nodes.

    'node_threshold' names at each node the feature it asks for (none at a leaf): up to
    the threshold a row goes to 'node_left', above it to 'node_right'; without a value,
    which is read as the feature's median, to the left where 'node_missing_left' is 1.
    'node_value' is what a row that ends there adds to the score.
    """
    feature, threshold, left, right, value = nodes
    asked = np.where(feature == LEAF, 0, feature)
    return {
        "node_threshold": Vector(
            ["" if at == LEAF else features[at] for at in feature],
            threshold.astype(np.float64),
        ),
        "node_left": left.astype(np.float64),
        "node_right": right.astype(np.float64),
        "node_missing_left": np.where(
            feature == LEAF, 0.0, fill[asked] <= threshold
        ).astype(np.float64),
        "node_value": value.astype(np.float64),
    }


def score_nodes(
    matrix: np.ndarray, parameters: Parameters, features: Sequence[str]
) -> np.ndarray:
    """Sum of the values of the leaves that each row of shape (n, d) reaches."""
    place = {name: at for at, name in enumerate(features)}
    names = parameters.names("node_threshold")
    feature = np.array(
        [place[name] if name else LEAF for name in names], dtype=np.int64
    )
    threshold = parameters.vector("node_threshold")
    left = parameters.vector("node_left").astype(np.int64)
    right = parameters.vector("node_right").astype(np.int64)
    missing_left = parameters.vector("node_missing_left") == 1
    value = parameters.vector("node_value")
    is_inner = feature != LEAF
    children = np.concatenate([left[is_inner], right[is_inner]])
    roots = np.setdiff1d(np.arange(len(feature)), children)
    # A leaf leads to itself, so that all rows take as many steps as the deepest.
    at_home = np.arange(len(feature))
    left, right = np.where(is_inner, left, at_home), np.where(is_inner, right, at_home)
    asked = np.where(is_inner, feature, 0)
    scores = np.empty(len(matrix))
    block = max(1, STEPS_AT_ONCE // len(roots))
    for start in range(0, len(matrix), block):
        rows = matrix[start : start + block]
        line = np.arange(len(rows))[:, None]
        nodes = np.broadcast_to(roots, (len(rows), len(roots)))
        while is_inner[nodes].any():
            found = rows[line, asked[nodes]]
            goes_left = np.where(
                np.isnan(found), missing_left[nodes], found <= threshold[nodes]
            )
            nodes = np.where(goes_left, left[nodes], right[nodes])
        scores[start : start + block] = value[nodes].sum(axis=1)
    return scores
