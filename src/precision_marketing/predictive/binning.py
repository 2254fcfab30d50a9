"""Bins of about equal count, which stay where they are when later rows come."""

import numpy as np

MISSING_BIN = 0
# A lower bound that every number is above, and that a table can hold.
UNBOUNDED = float(np.finfo(np.float64).min)


def lower_edges(column: np.ndarray, bin_count: int) -> np.ndarray:
    """Lower edges of at most so many bins; the first has no bound (`UNBOUNDED`).

    Equal values share a bin, so there may be fewer; NaN, the missing value, is in none.
    """
    known = column[~np.isnan(column)]
    if len(known) == 0:
        return np.array([UNBOUNDED])
    shares = np.arange(1, bin_count) / bin_count
    # 'higher' picks values that occur, so no bin is empty.
    cuts = np.unique(np.quantile(known, shares, method="higher"))
    return np.array([UNBOUNDED, *cuts[cuts > known.min()]])


def binned(column: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value, from 1 on; NaN is `MISSING_BIN`."""
    return np.where(
        np.isnan(column), MISSING_BIN, np.searchsorted(edges, column, side="right")
    )


def bin_shares(column: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of the rows in each bin, the missing one first."""
    counts = np.bincount(binned(column, edges), minlength=len(edges) + 1)
    return counts / max(1, len(column))
