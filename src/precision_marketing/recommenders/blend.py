"""How much each method counts: a logistic regression on what was then bought."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import LogisticRegression

from precision_marketing import __version__
from precision_marketing.frames import (
    conform,
    content_hash,
    hash_order,
    one_thread,
    require_columns,
)
from precision_marketing.recommenders.methods import (
    BUY_AGAIN,
    DISCOVER,
    LISTS,
    Pairs,
    Recommenders,
)

STATUS_OK, STATUS_INSUFFICIENT_DATA = "ok", "insufficient_data"
# The plain list of a shop that has too little to learn from.
PLAIN_METHOD = {DISCOVER: "popularity", BUY_AGAIN: "personal_frequency"}
# A score counts by the logarithm of 1 plus it over this share of a customer's best one
# (the median customer's). Of 1, 0.1, 0.03 and 0.01 the best on held-back customers of
# the fit fold of Online Retail; without logarithms a blend gains half as much.
SCALE_SHARE = 0.03
REGULARISATION_C = 1.0
TOLERANCE = 1e-8
MAX_ITERATIONS = 1_000

WEIGHT_SCHEMA = pa.schema(
    [
        ("list", pa.string()),
        ("method", pa.string()),
        ("weight", pa.float64()),
        ("scale", pa.float64()),
        ("status", pa.string()),
        ("customer_count", pa.int64()),
        ("positive_count", pa.int64()),
        ("model_version", pa.string()),
    ]
)


@dataclass(frozen=True)
class Blend:
    """Weights of the methods of one list.

    Attributes
    ----------
    weights, scales : dict of method to float
    model_version : str
    """

    weights: dict[str, float]
    scales: dict[str, float]
    model_version: str

    def terms(self, pairs: Pairs) -> np.ndarray:
        """What each method adds to the score of each pair, shape (n, methods).

        weight * ln(1 + score / scale); their sum is the blended score. A method that
        the weights do not know adds 0.
        """
        weights = np.array([self.weights.get(method, 0.0) for method in pairs.methods])
        scales = np.array([self.scales.get(method, 1.0) for method in pairs.methods])
        return weights * np.log1p(pairs.scores / scales)


def fit_blend(
    recommenders: Recommenders,
    targets: pa.Table,
    *,
    max_customers: int,
    min_customers: int,
    is_fitted_without_customers: bool = False,
    code_version: str = __version__,
) -> pa.Table:
    """Fit the weights of each list on what customers bought after the day.

    Parameters
    ----------
    recommenders : Recommenders
        Over what was known on the day.
    targets : pyarrow.Table
        list, customer_id, item_id: bought after that day. May be empty.
    max_customers : int
        Customers fitted on: the first in sha256 order of their id.
    min_customers : int
        Customers with a target among their candidates needed; with fewer the list is
        that of its plain method, popularity or personal_frequency.
    is_fitted_without_customers : bool
        Whether a day on which nobody had bought anything gives the plain lists, for
        customers who have come since; else it gives 0 rows.
    code_version : str
        Part of model_version.

    Returns
    -------
    pyarrow.Table
        `WEIGHT_SCHEMA`, one row per list and method. customer_count and positive_count
        are the customers and bought pairs fitted on; status is ok or
        insufficient_data; model_version is one for both lists.

    Notes
    -----
    score(customer, item) = sum over methods of weight * ln(1 + score of the method /
    scale). Only the order within a customer's candidates matters, and some customers
    buy more than others; so each feature is taken less its mean over the customer's
    candidates before the regression, which changes no order. A weight may be negative:
    what is popular this month for how popular it is in all is a trend.
    """
    if not (recommenders.knowledge.customers.num_rows or is_fitted_without_customers):
        return WEIGHT_SCHEMA.empty_table()
    rows = []
    for purpose in LISTS:
        rows += _fit_list(
            recommenders,
            targets,
            purpose,
            max_customers=max_customers,
            min_customers=min_customers,
        )
    version = content_hash(
        {
            "code_version": code_version,
            "rows": [list(row.values()) for row in rows],
            "as_of_date": recommenders.knowledge.as_of_date,
        }
    )
    columns = {name: [row[name] for row in rows] for name in WEIGHT_SCHEMA.names[:-1]}
    columns["model_version"] = [version] * len(rows)
    return conform(columns, WEIGHT_SCHEMA, name="recommender weights")


def _fit_list(
    recommenders: Recommenders,
    targets: pa.Table,
    purpose: str,
    *,
    max_customers: int,
    min_customers: int,
) -> list[dict]:
    customers, bought = target_matrix(recommenders, targets, purpose, max_customers)
    parts = [
        recommenders.pairs(purpose, some) for some in recommenders.blocks(customers)
    ]
    methods = recommenders.methods(purpose)
    customer = np.concatenate([part.customer for part in parts] or [np.empty(0, int)])
    item = np.concatenate([part.item for part in parts] or [np.empty(0, int)])
    scores = np.concatenate([part.scores for part in parts] or [np.empty((0, 0))])
    is_bought = np.isin(customer * len(recommenders.allowed) + item, bought)
    buyers = len(np.unique(customer[is_bought]))
    if buyers >= min_customers and not is_bought.all():
        status = STATUS_OK
        scales = _scales(customer, scores)
        # In place: this is the largest matrix of all.
        np.log1p(np.divide(scores, scales, out=scores), out=scores)
        weights = _weights(customer, scores, is_bought)
    else:
        status = STATUS_INSUFFICIENT_DATA
        scales = np.ones(len(methods))
        weights = np.array(
            [float(method == PLAIN_METHOD[purpose]) for method in methods]
        )
    return [
        {
            "list": purpose,
            "method": method,
            "weight": float(weight),
            "scale": float(scale),
            "status": status,
            "customer_count": buyers,
            "positive_count": int(is_bought.sum()),
        }
        for method, weight, scale in zip(methods, weights, scales, strict=True)
    ]


def target_matrix(
    recommenders: Recommenders, targets: pa.Table, purpose: str, max_customers: int
) -> tuple[np.ndarray, np.ndarray]:
    """Who is looked at for a list, and what they bought.

    Returns
    -------
    customers : numpy.ndarray of int64
        Positions of known customers with a target of the list, ascending; at most
        `max_customers`, the first in sha256 order of their id.
    bought : numpy.ndarray of int64
        customer * items + item of each of their targets that was known.
    """
    require_columns(targets, ["list", "customer_id", "item_id"], name="targets")
    knowledge = recommenders.knowledge
    wanted = targets.filter(pc.equal(targets["list"], purpose))
    people = pc.index_in(
        wanted["customer_id"], value_set=knowledge.customers["customer_id"]
    ).fill_null(-1)
    things = pc.index_in(
        wanted["item_id"], value_set=knowledge.items["item_id"]
    ).fill_null(-1)
    people = people.to_numpy().astype(np.int64)
    things = things.to_numpy().astype(np.int64)
    known = np.unique(people[people >= 0])
    ids = knowledge.customers.select(["customer_id"]).take(pa.array(known))
    customers = np.sort(known[hash_order(ids, ["customer_id"])[:max_customers]])
    is_counted = np.isin(people, customers) & (things >= 0)
    return customers, people[is_counted] * len(recommenders.allowed) + things[
        is_counted
    ]


def _scales(customer: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """SCALE_SHARE of the best score of the median customer, for each method."""
    starts = np.flatnonzero(np.concatenate(([True], customer[1:] != customer[:-1])))
    best = np.maximum.reduceat(scores, starts, axis=0)
    scales = np.ones(scores.shape[1])
    for column in range(scores.shape[1]):
        positive = best[best[:, column] > 0, column]
        if len(positive):
            scales[column] = SCALE_SHARE * np.median(positive)
    return scales


def _weights(
    customer: np.ndarray, features: np.ndarray, is_bought: np.ndarray
) -> np.ndarray:
    """Coefficients on features less their mean over each customer's candidates.

    `features` is overwritten.
    """
    _, group = np.unique(customer, return_inverse=True)
    sizes = np.bincount(group)
    for column in features.T:
        column -= (np.bincount(group, weights=column) / sizes)[group]
    with one_thread():
        model = LogisticRegression(
            C=REGULARISATION_C, tol=TOLERANCE, max_iter=MAX_ITERATIONS
        ).fit(features, is_bought)
    return model.coef_[0]


def blends(weights: pa.Table) -> dict[str, Blend]:
    """The blend of each list, from the rows of `fit_blend`."""
    require_columns(weights, WEIGHT_SCHEMA.names, name="weights")
    found: dict[str, Blend] = {}
    for row in weights.to_pylist():
        blend = found.setdefault(row["list"], Blend({}, {}, row["model_version"]))
        blend.weights[row["method"]] = row["weight"]
        blend.scales[row["method"]] = row["scale"]
    return found
