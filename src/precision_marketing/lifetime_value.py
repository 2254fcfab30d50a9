"""Customers who come and go: BG/NBD, MBG/NBD and Gamma-Gamma, fitted as rows.

What is fitted here are four numbers for how customers order and leave, and three for
what an order is worth. Everyone is then scored from them in SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, ndtri

from precision_marketing import __version__
from precision_marketing.frames import (
    at_least,
    conform,
    content_hash,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)

BG_NBD, MBG_NBD, GAMMA_GAMMA = "bg_nbd", "mbg_nbd", "gamma_gamma"
# Chances to leave before the first repeat order: in BG/NBD a customer may leave after
# each repeat order, in MBG/NBD after the first order as well.
FIRST_CHANCES = {BG_NBD: 0, MBG_NBD: 1}
PARAMETERS = {
    BG_NBD: ("r", "alpha", "a", "b"),
    MBG_NBD: ("r", "alpha", "a", "b"),
    GAMMA_GAMMA: ("p", "q", "v"),
}
DAYS = {"day": 1, "week": 7}

STATUS_OK = 1.0
STATUS_INSUFFICIENT_DATA = 0.0
CONFIDENCE = 0.95
# Of the logarithm of a parameter, in scaled time and money. Beyond it the likelihood is
# flat: nobody ever leaves, or all customers are alike, and no number can be told.
LARGEST_LOG = 12.0
# Of the mean log likelihood a customer: with a million of them a parameter is then
# known to a thousandth of its standard error, with fewer to less.
GRADIENT_TOLERANCE = 1e-8
LIKELIHOOD_TOLERANCE = 1e-13
MAX_ITERATIONS = 2_000
# Per customer: a maximum found, to some seven digits of the likelihood.
LARGEST_SLOPE = 1e-5
# Of a logarithm: beyond it a 95 % interval spans more than eight powers of ten.
LARGEST_STANDARD_ERROR = 5.0
# Of a flat direction's square that makes it a parameter's own.
SMALLEST_SHARE = 1e-3
# Two-sided steps of the gradient, in logarithms; the error goes with their square.
HESSIAN_STEP = 1e-4

LIFETIME_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("model", pa.string()),
        ("component", pa.string()),
        ("parameter", pa.string()),
        ("value", pa.float64()),
        ("standard_error", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
    ]
)
PARAMETER, META = "parameter", "meta"

# Log likelihood and its gradient by the logarithms of the parameters.
LogLikelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Fit:
    """A maximum of a likelihood: by name, in the units of the data.

    `standard_error`, `lower` and `upper` (95 %) are None where the likelihood is flat,
    and the value is then one of many as good.
    """

    value: dict[str, float]
    standard_error: dict[str, float | None]
    lower: dict[str, float | None]
    upper: dict[str, float | None]
    log_likelihood: float
    iterations: int
    is_converged: bool


@dataclass(frozen=True)
class OrderGroups:
    """Histories of customers, and how many share each.

    `repeats`, `active` and `age` hold the different values of x, t_x and T, the last
    two in one unit of time; `of_repeats`, `of_active` and `of_age` (n,) say which of
    them each group has, `count` (n,) how many customers it is. Logarithms and gamma
    functions are then taken once a value, not once a group.
    """

    repeats: np.ndarray
    active: np.ndarray
    age: np.ndarray
    of_repeats: np.ndarray
    of_active: np.ndarray
    of_age: np.ndarray
    count: np.ndarray

    @classmethod
    def of(
        cls, repeats: np.ndarray, active: np.ndarray, age: np.ndarray, count: np.ndarray
    ) -> "OrderGroups":
        """Group arrays of shape (n,)."""
        values, places = zip(
            *(np.unique(v, return_inverse=True) for v in (repeats, active, age)),
            strict=True,
        )
        return cls(*values, *places, count)

    def by_repeats(self, weights: np.ndarray) -> np.ndarray:
        """Sums of weights (n,) for each number of repeat orders."""
        return np.bincount(self.of_repeats, weights, minlength=len(self.repeats))


def order_log_likelihood(
    logs: np.ndarray, groups: OrderGroups, *, first_chances: int
) -> tuple[float, np.ndarray]:
    """Log likelihood of BG/NBD (`first_chances` 0) or MBG/NBD (1), and its gradient.

    Parameters
    ----------
    logs : numpy.ndarray of shape (4,)
        Logarithms of r, alpha, a, b.
    groups : OrderGroups
    first_chances : {0, 1}
        Chances to leave before the first repeat order.

    Returns
    -------
    log_likelihood : float
        Over all customers.
    gradient : numpy.ndarray of shape (4,)
        By `logs`.

    Notes
    -----
    With n = x + first_chances chances to leave, of which a customer still here took
    none and one who left took the last:

    L = Gamma(r + x) alpha^r / Gamma(r)
        * [ B(a, b + n) (alpha + T)^-(r + x)
            + 1{n > 0} B(a + 1, b + n - 1) (alpha + t_x)^-(r + x) ] / B(a, b)

    (Fader, Hardie and Lee 2005, eq. 6; Batislam, Denizel and Filiztekin 2007). The
    second term is the first times odds, whose logarithm is all that is formed of a
    power: 10,000 orders are as good as ten.
    """
    r, alpha, a, b = np.exp(logs)
    exponent = r + groups.repeats
    chances = groups.repeats + first_chances
    can_leave = chances > 0
    # Where nobody could have left yet the odds are 0; 1 keeps their logarithm tame.
    last = np.where(can_leave, b + chances - 1, 1.0)
    log_age = np.log(alpha + groups.age)[groups.of_age]
    log_active = np.log(alpha + groups.active)[groups.of_active]
    exponents = exponent[groups.of_repeats]
    log_odds = np.where(can_leave, np.log(a / last), -np.inf)[groups.of_repeats]
    log_odds = log_odds + exponents * (log_age - log_active)
    # log(1 + odds) and odds / (1 + odds), from whichever of odds and 1 / odds is small.
    small = np.exp(-np.abs(log_odds))
    either = np.maximum(log_odds, 0.0) + np.log1p(small)
    left = groups.count * np.where(log_odds > 0, 1.0, small) / (1.0 + small)
    stayed = groups.count - left
    customers = groups.by_repeats(groups.count)

    terms = (
        gammaln(exponent)
        - gammaln(r)
        + r * logs[1]
        + gammaln(a + b)
        - gammaln(b)
        + gammaln(b + chances)
        - gammaln(a + b + chances)
    )
    value = customers @ terms + groups.count @ (either - exponents * log_age)
    by_r = customers @ (digamma(exponent) - digamma(r) + logs[1])
    by_r -= stayed @ log_age + left @ log_active
    by_alpha = customers.sum() * r / alpha
    by_alpha -= (stayed * exponents) @ (1 / (alpha + groups.age))[groups.of_age]
    by_alpha -= (left * exponents) @ (1 / (alpha + groups.active))[groups.of_active]
    both = customers @ (digamma(a + b) - digamma(a + b + chances))
    by_a = both + left.sum() / a
    by_b = both + customers @ (digamma(b + chances) - digamma(b))
    by_b -= groups.by_repeats(left) @ (1 / last)
    return float(value), np.array([by_r, by_alpha, by_a, by_b]) * np.exp(logs)


def value_log_likelihood(
    logs: np.ndarray, repeats: np.ndarray, mean_value: np.ndarray, count: np.ndarray
) -> tuple[float, np.ndarray]:
    """Log likelihood of Gamma-Gamma, and its gradient.

    Parameters
    ----------
    logs : numpy.ndarray of shape (3,)
        Logarithms of p, q, v.
    repeats, mean_value, count : numpy.ndarray of shape (n,)
        x above 0, mean value of so many orders above 0, customers who share them.

    Returns
    -------
    log_likelihood : float
    gradient : numpy.ndarray of shape (3,)
        By `logs`.

    Notes
    -----
    f(m | x) = Gamma(px + q) / (Gamma(px) Gamma(q)) * v^q m^(px - 1) x^(px)
               / (v + m x)^(px + q)          (Fader and Hardie 2013, eq. 1a)
    """
    p, q, v = np.exp(logs)
    shape = p * repeats
    total = repeats * mean_value
    pooled = np.log(v + total)
    terms = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * logs[2]
        + (shape - 1) * np.log(mean_value)
        + shape * np.log(repeats)
        - (shape + q) * pooled
    )
    by_p = repeats * (digamma(shape + q) - digamma(shape) + np.log(total) - pooled)
    by_q = digamma(shape + q) - digamma(q) + logs[2] - pooled
    by_v = q / v - (shape + q) / (v + total)
    gradient = np.array([count @ by_p, count @ by_q, count @ by_v])
    return float(count @ terms), gradient * np.exp(logs)


def fit_order_model(
    model: str,
    repeats: np.ndarray,
    active: np.ndarray,
    age: np.ndarray,
    count: np.ndarray,
) -> Fit:
    """Maximum likelihood of BG/NBD or MBG/NBD.

    Parameters
    ----------
    model : {"bg_nbd", "mbg_nbd"}
    repeats, active, age, count : numpy.ndarray of shape (n,)
        x, t_x, T in one unit, and customers who share them; at least one T above 0.

    Returns
    -------
    Fit
        alpha and the likelihood are in that unit of time.
    """
    # Ages of about 1 make one start and one bound right for days as for years.
    scale = float(age.max())
    groups = OrderGroups.of(repeats, active / scale, age / scale, count)

    def likelihood(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return order_log_likelihood(logs, groups, first_chances=FIRST_CHANCES[model])

    return _maximise(
        likelihood,
        PARAMETERS[model],
        scales={"alpha": scale},
        weight=float(count.sum()),
        # A density by time is so many times smaller in the smaller unit, once an order.
        shift=-float(count @ repeats) * np.log(scale),
    )


def fit_value_model(
    repeats: np.ndarray, mean_value: np.ndarray, count: np.ndarray
) -> Fit:
    """Maximum likelihood of Gamma-Gamma.

    Parameters
    ----------
    repeats, mean_value, count : numpy.ndarray of shape (n,)
        As for `value_log_likelihood`.

    Returns
    -------
    Fit
        v and the likelihood are in the unit of money.
    """
    scale = float(count @ mean_value / count.sum())

    def likelihood(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return value_log_likelihood(logs, repeats, mean_value / scale, count)

    return _maximise(
        likelihood,
        PARAMETERS[GAMMA_GAMMA],
        scales={"v": scale},
        weight=float(count.sum()),
        shift=-float(count.sum()) * np.log(scale),
    )


def _maximise(
    likelihood: LogLikelihood,
    names: tuple[str, ...],
    *,
    scales: dict[str, float],
    weight: float,
    shift: float,
) -> Fit:
    """Maximum of a likelihood over logarithms, and how sure it is."""

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood(logs)
        return -value / weight, -gradient / weight

    found = minimize(
        loss,
        np.zeros(len(names)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LARGEST_LOG, LARGEST_LOG)] * len(names),
        options={
            "maxiter": MAX_ITERATIONS,
            "gtol": GRADIENT_TOLERANCE,
            "ftol": LIKELIHOOD_TOLERANCE,
        },
    )
    logs = found.x
    values = np.exp(logs) * [scales.get(name, 1.0) for name in names]
    spread = _standard_errors(likelihood, logs)
    half = ndtri(0.5 + CONFIDENCE / 2)

    def by_name(numbers: np.ndarray) -> dict[str, float | None]:
        known = [float(number) if np.isfinite(number) else None for number in numbers]
        return dict(zip(names, known, strict=True))

    # At a bound the likelihood may go on rising: only slopes back inside count.
    slope = np.where(np.abs(logs) < LARGEST_LOG, loss(logs)[1], 0.0)
    return Fit(
        value=by_name(values),
        # By the delta method from the logarithm, where the likelihood is rounder.
        standard_error=by_name(values * spread),
        lower=by_name(values * np.exp(-half * spread)),
        upper=by_name(values * np.exp(half * spread)),
        log_likelihood=-float(found.fun) * weight + shift,
        iterations=int(found.nit),
        is_converged=bool(np.abs(slope).max() < LARGEST_SLOPE),
    )


def _standard_errors(likelihood: LogLikelihood, logs: np.ndarray) -> np.ndarray:
    """Of each logarithm, from the Hessian; NaN for what the data do not tell.

    Where nobody ever leaves, any b is as good as any other. Directions in which the
    likelihood is flat are left out, and parameters that move along them have no error.
    """
    steps = np.eye(len(logs)) * HESSIAN_STEP
    hessian = np.array(
        [
            (likelihood(logs + step)[1] - likelihood(logs - step)[1]) / 2 / HESSIAN_STEP
            for step in steps
        ]
    )
    curvature, directions = np.linalg.eigh(-(hessian + hessian.T) / 2)
    is_flat = curvature < 1 / LARGEST_STANDARD_ERROR**2
    variances = np.divide(1.0, curvature, out=np.zeros_like(curvature), where=~is_flat)
    spread = np.sqrt(directions**2 @ variances)
    is_told = directions**2 @ is_flat < SMALLEST_SHARE
    return np.where(is_told & (np.abs(logs) < LARGEST_LOG), spread, np.nan)


@one_thread()
def fit_lifetime_models(
    order_groups: pa.Table,
    value_groups: pa.Table,
    *,
    time_unit: str = "week",
    min_customers: int = 100,
    min_repeat_customers: int = 50,
    code_version: str = __version__,
) -> pa.Table:
    """Fit BG/NBD, MBG/NBD and Gamma-Gamma.

    Parameters
    ----------
    order_groups : pyarrow.Table
        One row per `repeat_count`, `active_days` and `age_days` (x, t_x and T in whole
        days), with `customer_count`; in any order.
    value_groups : pyarrow.Table
        One row per `repeat_count` and `repeat_value` (what these orders are worth
        together), both above 0, with `customer_count`.
    time_unit : {"day", "week"}
        Unit of alpha and of the likelihood; a week is seven days.
    min_customers, min_repeat_customers : int
        Customers, and customers with a repeat order, that a fit needs. With fewer, no
        parameter is given and the status says so.
    code_version : str
        Part of model_version.

    Returns
    -------
    pyarrow.Table
        `LIFETIME_MODEL_SCHEMA`, one row per model, component and parameter, sorted.
        Component 'parameter' has the parameters with standard error and 95 % interval,
        null where they could not be told; 'meta' has log_likelihood, customer_count,
        repeat_customer_count, iterations, untold_count (parameters without
        an error), first_chances (order models) or correlation
        (Gamma-Gamma: of the number of orders and their mean value, with its interval;
        the model takes it for 0), and status_code (1 ok, 0 insufficient data: too few
        customers, no maximum found, or a Gamma-Gamma without a mean, q <= 1). 0 rows
        of `order_groups` in, 0 rows out.

    Raises
    ------
    ValueError
        When a parameter is out of range, a column is missing, a group repeats, or a
        number is not finite or out of its range.
    """
    if time_unit not in DAYS:
        raise ValueError(
            f"time_unit must be one of {', '.join(DAYS)}, got {time_unit!r}"
        )
    at_least("min_customers", min_customers, 1, "100 tell four parameters roughly")
    at_least("min_repeat_customers", min_repeat_customers, 1, "take 50 or more")
    orders = _columns(
        order_groups, ("repeat_count", "active_days", "age_days"), name="order_groups"
    )
    repeats, active, age, count = orders.T
    if ((active > age) | (active < 0) | (repeats < 0) | (count <= 0)).any():
        raise ValueError(
            "order_groups: expected 0 <= active_days <= age_days, repeat_count >= 0 "
            "and customer_count > 0; look at the model that counts them"
        )
    values = _columns(
        value_groups, ("repeat_count", "repeat_value"), name="value_groups"
    )
    if (values <= 0).any():
        raise ValueError(
            "value_groups: expected repeat_count, repeat_value and customer_count "
            "above 0; leave out customers without a repeat order that brought money"
        )
    if len(count) == 0:
        return LIFETIME_MODEL_SCHEMA.empty_table()
    repeat_customers = float(count[repeats > 0].sum())
    is_sufficient = (
        count.sum() >= min_customers and repeat_customers >= min_repeat_customers
    )
    rows = []
    for model, first_chances in FIRST_CHANCES.items():
        fit = None
        if is_sufficient:
            unit = DAYS[time_unit]
            fit = fit_order_model(model, repeats, active / unit, age / unit, count)
        meta = {
            "customer_count": float(count.sum()),
            "repeat_customer_count": repeat_customers,
            "first_chances": float(first_chances),
        }
        rows += _rows(model, fit, meta, version_of=[orders, time_unit, code_version])
    value_repeats, value_sum, value_count = values.T
    customers = float(value_count.sum())
    fit = None
    if customers >= min_repeat_customers:
        fit = fit_value_model(value_repeats, value_sum / value_repeats, value_count)
    rows += _rows(
        GAMMA_GAMMA,
        fit,
        {"customer_count": customers, "repeat_customer_count": customers},
        version_of=[values, code_version],
        correlation=correlation(value_repeats, value_sum / value_repeats, value_count),
    )
    columns = map(list, zip(*sorted(rows), strict=True))
    return conform(
        dict(zip(LIFETIME_MODEL_SCHEMA.names, columns, strict=True)),
        LIFETIME_MODEL_SCHEMA,
        name="lifetime models",
    )


def _columns(table: pa.Table, keys: tuple[str, ...], *, name: str) -> np.ndarray:
    """Keys and customer_count as one matrix, in the order of the keys."""
    require_columns(table, [*keys, "customer_count"], name=name)
    ordered = sorted_by(table, keys, name=name)
    return to_matrix(ordered, [*keys, "customer_count"], name=name)


def correlation(
    left: np.ndarray, right: np.ndarray, count: np.ndarray
) -> tuple[float | None, float | None, float | None]:
    """Pearson's correlation of counted pairs, with its 95 % interval.

    Parameters
    ----------
    left, right, count : numpy.ndarray of shape (n,)

    Returns
    -------
    value, lower, upper : float or None
        The interval is Fisher's (1915). None with fewer than four pairs, or where one
        side has one value.
    """
    pairs = count.sum()
    if pairs < 4:
        return None, None, None
    left = left - count @ left / pairs
    right = right - count @ right / pairs
    size = (count @ (left * left)) * (count @ (right * right))
    if size <= 0:
        return None, None, None
    value = float(np.clip(count @ (left * right) / np.sqrt(size), -1, 1))
    half = ndtri(0.5 + CONFIDENCE / 2) / np.sqrt(pairs - 3)
    with np.errstate(divide="ignore"):
        centre = np.arctanh(value)
    return value, float(np.tanh(centre - half)), float(np.tanh(centre + half))


def _rows(
    model: str,
    fit: Fit | None,
    meta: dict[str, float],
    *,
    version_of: list,
    correlation: tuple[float | None, float | None, float | None] | None = None,
) -> list[tuple]:
    names = PARAMETERS[model]
    value = fit.value if fit else dict.fromkeys(names)
    unknown = dict.fromkeys(names)
    error = fit.standard_error if fit else unknown
    lower, upper = (fit.lower, fit.upper) if fit else (unknown, unknown)
    is_ok = fit is not None and fit.is_converged and value.get("q", 2.0) > 1.0
    meta = meta | {
        "log_likelihood": fit.log_likelihood if fit else None,
        "iterations": float(fit.iterations) if fit else 0.0,
        "untold_count": float(sum(e is None for e in fit.standard_error.values()))
        if fit
        else None,
        "status_code": STATUS_OK if is_ok else STATUS_INSUFFICIENT_DATA,
    }
    version = content_hash(
        {
            "model": model,
            "learned": [[name, value[name]] for name in names],
            "from": version_of,
        }
    )
    rows = [
        (version, model, PARAMETER, n, value[n], error[n], lower[n], upper[n])
        for n in names
    ]
    rows += [
        (version, model, META, name, number, None, None, None)
        for name, number in meta.items()
    ]
    if correlation is not None:
        number, low, high = correlation
        rows.append((version, model, META, "correlation", number, None, low, high))
    return rows
