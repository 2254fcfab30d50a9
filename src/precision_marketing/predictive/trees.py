"""Decision trees and sums of them as one list of nodes."""

from collections.abc import Iterable, Iterator, Sequence

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
    return _joined(
        (
            tree.feature,
            tree.threshold,
            tree.children_left,
            tree.children_right,
            value,
        )
        for tree, value in zip(trees, values, strict=True)
    )


def nodes_of_boosting(predictors: Sequence) -> list[np.ndarray]:
    """The same columns of a histogram gradient boosting's trees.

    Inner nodes are worth the mean of the leaves below them, weighted by training rows.
    """
    parts = []
    for (predictor,) in predictors:
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        left = np.where(is_leaf, LEAF, nodes["left"].astype(np.int64))
        right = np.where(is_leaf, LEAF, nodes["right"].astype(np.int64))
        value = nodes["value"].astype(np.float64)
        count = nodes["count"].astype(np.float64)
        # Children come after their parents, so from the end on they are known.
        for at in np.flatnonzero(~is_leaf)[::-1]:
            children = [left[at], right[at]]
            value[at] = np.average(value[children], weights=count[children])
        parts.append((nodes["feature_idx"], nodes["num_threshold"], left, right, value))
    return _joined(parts)


def _joined(parts: Iterable) -> list[np.ndarray]:
    """One list of nodes; children point into it, and a root is nobody's child."""
    offset, shifted = 0, []
    for feature, threshold, left, right, value in parts:
        is_leaf = left < 0
        shifted.append(
            (
                np.where(is_leaf, LEAF, feature),
                np.where(is_leaf, 0.0, threshold),
                np.where(is_leaf, LEAF, left + offset),
                np.where(is_leaf, LEAF, right + offset),
                value,
            )
        )
        offset += len(value)
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
    forest = _Forest(parameters, features)
    scores = np.empty(len(matrix))
    for part in forest.blocks(len(matrix)):
        *_, (_, leaves) = forest.walk(matrix[part])
        scores[part] = forest.value[leaves].sum(axis=1)
    return scores


def explain_nodes(
    matrix: np.ndarray, parameters: Parameters, features: Sequence[str]
) -> np.ndarray:
    """By how much each feature's questions move each row, of shape (n, d).

    A step from a node to its child moves the value by their difference, for the feature
    that the node asks for. The steps add up to the score less the sum of the roots.
    """
    forest = _Forest(parameters, features)
    moved = np.empty((len(matrix), len(features)))
    for part in forest.blocks(len(matrix)):
        rows = matrix[part]
        cells = np.arange(len(rows))[:, None] * len(features)
        total = np.zeros(rows.size)
        for before, after in forest.walk(rows):
            steps = forest.value[after] - forest.value[before]
            total += np.bincount(
                (cells + forest.asked[before]).ravel(),
                weights=steps.ravel(),
                minlength=rows.size,
            )
        moved[part] = total.reshape(rows.shape)
    return moved


class _Forest:
    """Nodes as arrays, to be walked by many rows at once."""

    def __init__(self, parameters: Parameters, features: Sequence[str]) -> None:
        place = {name: at for at, name in enumerate(features)}
        names = parameters.names("node_threshold")
        feature = np.array(
            [place[name] if name else LEAF for name in names], dtype=np.int64
        )
        self.is_inner = feature != LEAF
        left = parameters.vector("node_left").astype(np.int64)
        right = parameters.vector("node_right").astype(np.int64)
        at_home = np.arange(len(feature))
        children = np.concatenate([left[self.is_inner], right[self.is_inner]])
        self.roots = np.setdiff1d(at_home, children)
        # A leaf leads to itself, so that all rows take as many steps as the deepest.
        self.left = np.where(self.is_inner, left, at_home)
        self.right = np.where(self.is_inner, right, at_home)
        self.asked = np.where(self.is_inner, feature, 0)
        self.threshold = parameters.vector("node_threshold")
        self.missing_left = parameters.vector("node_missing_left") == 1
        self.value = parameters.vector("node_value")

    def blocks(self, count: int) -> Iterator[slice]:
        """Parts of `count` rows, each small enough for the cache."""
        size = max(1, STEPS_AT_ONCE // len(self.roots))
        for start in range(0, count, size):
            yield slice(start, start + size)

    def walk(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Nodes before and after each step, of shape (rows, trees)."""
        line = np.arange(len(rows))[:, None]
        nodes = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        # A root that is a leaf is where its walk ends.
        yield nodes, nodes
        while self.is_inner[nodes].any():
            found = rows[line, self.asked[nodes]]
            goes_left = np.where(
                np.isnan(found),
                self.missing_left[nodes],
                found <= self.threshold[nodes],
            )
            before = nodes
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
            yield before, nodes
