"""Logistic regression with an L1 part in the penalty, fast enough to be tried often.

scikit-learn's only solver for both penalties (saga) takes seconds on correlated
features; Newton steps around its coordinate descent reach the same minimum in a tenth
of the time (Friedman, Hastie and Tibshirani 2010; the tests compare the two).
"""

import numpy as np
from scipy.special import expit
from sklearn.linear_model import enet_path

# A probability next to 0 or 1 would give a row no weight and an endless response.
SMALLEST_WEIGHT = 1e-5
STEPS_MAX = 100
DESCENT_STEPS_MAX = 10_000
# The inner minimum is found a little more exactly than the outer one.
INNER_SHARE = 0.1


def fit_elastic_net(
    matrix: np.ndarray,
    labels: np.ndarray,
    *,
    c: float,
    l1_ratio: float,
    tolerance: float,
) -> tuple[np.ndarray, float, int, bool]:
    """Minimise c * sum of log losses + l1_ratio |b|_1 + (1 - l1_ratio) / 2 |b|_2^2.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (n, d)
        Scaled features.
    labels : numpy.ndarray of shape (n,), 0 or 1
    c : float
        Inverse strength, as of scikit-learn's LogisticRegression.
    l1_ratio : float
        Above 0, at most 1.
    tolerance : float
        The largest change of a coefficient or of the intercept in the last step.

    Returns
    -------
    coefficients, intercept, steps, converged
        The intercept is not penalised.
    """
    count = len(labels)
    rate = labels.mean()
    coefficients = np.zeros(matrix.shape[1])
    intercept = float(np.log(rate / (1 - rate)))
    for step in range(1, STEPS_MAX + 1):
        linear = matrix @ coefficients + intercept
        fitted = expit(linear)
        weights = np.maximum(fitted * (1 - fitted), SMALLEST_WEIGHT)
        response = linear + (labels - fitted) / weights
        total = weights.sum()
        means = weights @ matrix / total
        response_mean = weights @ response / total
        root = np.sqrt(weights)
        centred = np.asfortranarray((matrix - means) * root[:, None])
        target = (response - response_mean) * root
        _, path, _ = enet_path(
            centred,
            target,
            l1_ratio=l1_ratio,
            alphas=[1 / (c * count)],
            precompute=centred.T @ centred,
            Xy=centred.T @ target,
            coef_init=coefficients.copy(),
            max_iter=DESCENT_STEPS_MAX,
            tol=tolerance * INNER_SHARE,
            check_input=False,
        )
        moved = path[:, 0]
        shifted = float(response_mean - means @ moved)
        change = max(np.abs(moved - coefficients).max(), abs(shifted - intercept))
        coefficients, intercept = moved, shifted
        if change < tolerance:
            return coefficients, intercept, step, True
    return coefficients, intercept, STEPS_MAX, False
