"""Probabilities that mean what they say: Platt's line or a monotone curve."""

import numpy as np
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from precision_marketing.predictive.parameters import Learned, Parameters

# A curve of steps needs many outcomes to be steadier than a line of two numbers
# (scikit-learn's own advice is a thousand rows).
ISOTONIC_MIN_OF_EACH = 1_000
# A score that nobody has reached yet deserves neither certainty nor a log loss without
# end.
EDGE = 1e-4


def fit_calibration(scores: np.ndarray, labels: np.ndarray, *, line: bool) -> Learned:
    """Learn the way from scores to probabilities on rows the scores were not fitted on.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n,)
        On a log odds scale, or any other that rises with the probability.
    labels : numpy.ndarray of shape (n,), 0 or 1
    line : bool
        Platt's line whatever the number of rows: it keeps a linear score linear.

    Returns
    -------
    dict
        Components 'platt' (slope, intercept), or 'isotonic_score' and
        'isotonic_probability' (points of a line that never falls). Empty, which reads a
        score as log odds, when a class is missing or higher scores do not go with more
        positives: there is then nothing to learn that would help.

    Notes
    -----
    Platt: P = 1 / (1 + exp(-(intercept + slope * score))), by maximum likelihood on the
    smoothed labels (positives + 1) / (positives + 2) and 1 / (negatives + 2) (Platt
    1999), which keep a separable sample from an infinite slope.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if min(positives, negatives) == 0 or scores.min() == scores.max():
        return {}
    if not line and min(positives, negatives) >= ISOTONIC_MIN_OF_EACH:
        curve = IsotonicRegression(
            y_min=EDGE, y_max=1 - EDGE, out_of_bounds="clip"
        ).fit(scores, labels)
        return {
            "isotonic_score": curve.X_thresholds_,
            "isotonic_probability": curve.y_thresholds_,
        }
    center, scale = scores.mean(), scores.std()
    standard = ((scores - center) / scale)[:, None]
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    soft = np.where(labels == 1, high, low)
    # A share as a label: each row counts as a positive and as a negative, by its share.
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(
        np.vstack([standard, standard]),
        np.repeat([1, 0], len(soft)),
        sample_weight=np.concatenate([soft, 1 - soft]),
    )
    slope = float(model.coef_[0, 0]) / scale
    if slope <= 0:
        return {}
    intercept = float(model.intercept_[0]) - slope * center
    return {"platt": {"slope": slope, "intercept": intercept}}


def calibrate(scores: np.ndarray, calibration: Parameters) -> np.ndarray:
    """Probabilities of scores, as `fit_calibration` learned them."""
    if "isotonic_score" in calibration:
        return np.interp(
            scores,
            calibration.vector("isotonic_score"),
            calibration.vector("isotonic_probability"),
        )
    if "platt" in calibration:
        slope, intercept = calibration.along("platt", ("slope", "intercept"))
        return expit(intercept + slope * scores)
    return expit(scores)
