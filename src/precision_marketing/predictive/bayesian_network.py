"""A Bayesian network over binned features, whose tables can be read one by one.

The label is a parent of every feature, and each feature but the first has one other
feature as a parent: the tree that loses least of what features say about each other
(tree-augmented naive Bayes; Friedman, Geiger and Goldszmidt 1997, after Chow and Liu
1968).
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

from precision_marketing.predictive.binning import binned, lower_edges
from precision_marketing.predictive.parameters import Learned, Parameters, Vector

# A table has bins x bins x 2 cells: with five bins and the hundred positives of the
# gates each cell still rests on a few customers.
BIN_COUNT = 4
# The features that say most about the label; a network of all would be unreadable.
FEATURES_MAX = 8
# Added to each cell, so that what was never seen is rare and not impossible.
PRIOR_COUNT = 1.0


def fit_network(
    matrix: np.ndarray, labels: np.ndarray, features: Sequence[str]
) -> Learned:
    """Learn bins, tree and tables.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (n, d)
        NaN, the missing value, is a bin of its own.
    labels : numpy.ndarray of shape (n,), 0 or 1
    features : sequence of str, length d

    Returns
    -------
    dict
        'bin_edge': at each position a feature and an edge; bin 0 is missing, bin b > 0
        begins at edge b - 1 of the feature's edges, the first of which is -infinity,
        written as the smallest double. 'parent': at each position (the order of the
        features in the tree) the position of the parent, -1 at the root.
        'label_probability': of 0 and 1. 'conditional_probability': for each feature
        P(bin | label, parent bin), at position (bin * parent bins + parent bin) * 2 +
        label, cells of one feature after another.
    """
    labels = labels.astype(np.int64)
    edges = [lower_edges(column, BIN_COUNT) for column in matrix.T]
    bins = np.column_stack(
        [binned(column, edge) for column, edge in zip(matrix.T, edges, strict=True)]
    ).reshape(len(matrix), len(features))
    relevance = np.array([_information(column, labels) for column in bins.T])
    by_name = sorted(
        range(len(features)), key=lambda at: (-relevance[at], features[at])
    )
    kept = [at for at in by_name if len(edges[at]) > 1][:FEATURES_MAX]
    names = [features[at] for at in kept]
    bins, edges = bins[:, kept], [edges[at] for at in kept]
    parents = _tree(bins, labels)

    negatives = int((labels == 0).sum())
    counts = np.array([negatives, len(labels) - negatives]) + PRIOR_COUNT
    cell_names, cells = [], []
    for at, name in enumerate(names):
        table = _table(bins, edges, parents, at, labels)
        cell_names += [name] * table.size
        cells.append(table.ravel())
    return {
        "label_probability": counts / counts.sum(),
        "parent": Vector(names, np.array(parents, dtype=np.float64)),
        "bin_edge": Vector(
            [name for name, edge in zip(names, edges, strict=True) for _ in edge],
            np.concatenate(edges) if edges else np.empty(0),
        ),
        "conditional_probability": Vector(
            cell_names, np.concatenate(cells) if cells else np.empty(0)
        ),
    }


def score_network(
    matrix: np.ndarray, parameters: Parameters, features: Sequence[str]
) -> np.ndarray:
    """Log odds of the label 1 for rows of shape (n, d)."""
    chance = parameters.vector("label_probability")
    scores = np.full(len(matrix), np.log(chance[1]) - np.log(chance[0]))
    if "parent" not in parameters:
        return scores
    names = parameters.names("parent")
    parents = parameters.vector("parent").astype(np.int64)
    edges = _of_each(parameters, "bin_edge", names)
    cells = _of_each(parameters, "conditional_probability", names)
    place = {name: at for at, name in enumerate(features)}
    bins = [
        binned(matrix[:, place[name]], edge)
        for name, edge in zip(names, edges, strict=True)
    ]
    for at, parent in enumerate(parents):
        parent_bins = 1 if parent < 0 else len(edges[parent]) + 1
        table = cells[at].reshape(len(edges[at]) + 1, parent_bins, 2)
        above = 0 if parent < 0 else bins[parent]
        reached = np.log(table[bins[at], above])
        scores += reached[:, 1] - reached[:, 0]
    return scores


def _of_each(parameters: Parameters, component: str, names) -> list[np.ndarray]:
    values, owners = parameters.vector(component), np.array(parameters.names(component))
    return [values[owners == name] for name in names]


def _information(left: np.ndarray, right: np.ndarray) -> float:
    """Mutual information of two discrete columns, in nats."""
    joint = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(joint, (left, right), 1 / len(left))
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())


def _tree(bins: np.ndarray, labels: np.ndarray) -> list[int]:
    """Parent of each column, -1 for the first, in the tree of most information."""
    count = bins.shape[1]
    if count == 0:
        return []
    said = np.zeros((count, count))
    for left in range(count):
        for right in range(left + 1, count):
            # Given the label: what a feature adds beyond what the label explains.
            said[left, right] = sum(
                _information(bins[rows, left], bins[rows, right]) * rows.mean()
                for rows in (labels == 0, labels == 1)
                if rows.any()
            )
    # Zero means no edge there, so weights are turned around and kept above it.
    weights = np.where(np.triu(np.ones_like(said), 1) > 0, 1 + said.max() - said, 0)
    linked = minimum_spanning_tree(weights).toarray() > 0
    linked |= linked.T
    parents, waiting = [-1] * count, [0]
    reached = {0}
    while waiting:
        here = waiting.pop(0)
        for there in np.flatnonzero(linked[here]):
            if there not in reached:
                reached.add(int(there))
                parents[there] = here
                waiting.append(int(there))
    return parents


def _table(bins, edges, parents, at: int, labels: np.ndarray) -> np.ndarray:
    """P(bin | label, parent bin), of shape (bins, parent bins, 2)."""
    parent = parents[at]
    above = np.zeros(len(bins), dtype=np.int64) if parent < 0 else bins[:, parent]
    parent_bins = 1 if parent < 0 else len(edges[parent]) + 1
    counts = np.full((len(edges[at]) + 1, parent_bins, 2), PRIOR_COUNT)
    np.add.at(counts, (bins[:, at], above, labels), 1)
    return counts / counts.sum(axis=0)
