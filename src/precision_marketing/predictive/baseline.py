"""The rule that a model has to beat: a rate by days since the last order, or a mean."""

import numpy as np

from precision_marketing.predictive.parameters import Learned, Parameters

BASELINE = "baseline"
BIN_COUNT = 10
# Rows at the overall rate that each bin starts with, so no rate is 0 or 1.
PRIOR_ROWS = 2


def fit_recency_rates(days: np.ndarray, labels: np.ndarray) -> Learned:
    """Share of positives by days since the last order.

    Parameters
    ----------
    days : numpy.ndarray of shape (n,)
        NaN for customers without an order.
    labels : numpy.ndarray of shape (n,), 0 or 1

    Returns
    -------
    dict
        'bin_lower', 'bin_upper' and 'bin_value' along the bins. Bin 0 is no order and
        has no bounds (NaN); the others hold lower <= days < upper, from -infinity to
        infinity, in about equal counts; equal days share a bin.

    Notes
    -----
    rate = (positives + 2 p) / (rows + 2), where p = (all positives + 1) / (all rows +
    2). Ten bins contain the best single threshold of recency or come close to it.
    Without rows nothing is known, and the rates are NaN.
    """
    if len(labels) == 0:
        return _bins(np.array([-np.inf, np.inf]), np.full(2, np.nan))
    known = days[~np.isnan(days)]
    cuts = np.empty(0)
    if len(known):
        # 'higher' picks values that occur, so no bin is empty.
        shares = np.arange(1, BIN_COUNT) / BIN_COUNT
        cuts = np.unique(np.quantile(known, shares, method="higher"))
        cuts = cuts[cuts > known.min()]
    edges = np.array([-np.inf, *cuts, np.inf])
    bins = _binned(days, edges)
    rows = np.bincount(bins, minlength=len(edges))
    positives = np.bincount(bins[labels == 1], minlength=len(edges))
    overall = (labels.sum() + 1) / (len(labels) + 2)
    rates = (positives + PRIOR_ROWS * overall) / (rows + PRIOR_ROWS)
    return _bins(edges, rates)


def fit_mean(labels: np.ndarray) -> Learned:
    """The mean amount, whatever the recency, in the form of `fit_recency_rates`."""
    mean = labels.mean() if len(labels) else np.nan
    return _bins(np.array([-np.inf, np.inf]), np.full(2, mean))


def score_baseline(days: np.ndarray, parameters: Parameters) -> np.ndarray:
    """The value of the bin of each number of days."""
    edges = np.array([*parameters.vector("bin_lower")[1:], np.inf])
    return parameters.vector("bin_value")[_binned(days, edges)]


def _bins(edges: np.ndarray, values: np.ndarray) -> Learned:
    return {
        "bin_lower": np.array([np.nan, *edges[:-1]]),
        "bin_upper": np.array([np.nan, *edges[1:]]),
        "bin_value": values,
    }


def _binned(days: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin 1.. of each value, 0 where it is NaN."""
    return np.where(np.isnan(days), 0, np.searchsorted(edges, days, side="right"))
