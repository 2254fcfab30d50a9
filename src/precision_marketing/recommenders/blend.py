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
from precision_marketing.recommenders.sparse import rank_within

STATUS_OK, STATUS_LEVEL, STATUS_SINGLE_METHOD = "ok", "level", "single_method"
STATUS_INSUFFICIENT_DATA = "insufficient_data"
# The plain list of a shop that has too little to learn from.
PLAIN_METHOD = {DISCOVER: "popularity", BUY_AGAIN: "personal_frequency"}
# A score counts by the logarithm of 1 plus it over this share of a customer's best one
# (the median customer's). Of 1, 0.1, 0.03 and 0.01 the best on held-back customers of
# the fit fold of Online Retail; without logarithms a blend gains half as much.
SCALE_SHARE = 0.03
REGULARISATION_C = 1.0
# A blend that beats the best single method by no more than so many standard errors of
# their difference is called level with it.
STANDARD_ERRORS = 1.0
# Parts of the customers, each ranked by weights fitted on the others.
PARTS = 5
# The places of a list that the two are compared by.
COMPARED_DEPTH = 10
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

    def methods(self, recommenders: Recommenders, purpose: str) -> tuple[str, ...]:
        """The methods that count in a list, of those that this shop's data allow."""
        return tuple(
            method
            for method in recommenders.methods(purpose)
            if self.weights.get(method, 0.0) != 0.0
        )

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
        are the customers and bought pairs fitted on; status is ok, level, single_method
        or insufficient_data; model_version is one for both lists.

    Notes
    -----
    score(customer, item) = sum over methods of weight * ln(1 + score of the method /
    scale). Only the order within a customer's candidates matters, and some customers
    buy more than others; so each feature is taken less its mean over the customer's
    candidates before the regression, which changes no order. A weight may be negative:
    what is popular this month for how popular it is in all is a trend.

    The blend has to earn its place: each of PARTS parts of the customers is ranked by
    weights fitted on the others, and unless its NDCG@10 is then higher than that of the
    best single method, that method makes the list alone. A blend that is ahead by no
    more than STANDARD_ERRORS of their difference has the status level.
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
    del parts
    is_bought = np.isin(customer * len(recommenders.allowed) + item, bought)
    buyers = len(np.unique(customer[is_bought]))
    scales = np.ones(len(methods))
    if buyers >= min_customers and not is_bought.all():
        scales = _scales(customer, scores)
        # In place: this is the largest matrix of all.
        np.log1p(np.divide(scores, scales, out=scores), out=scores)
        ranking = Ranking(customer, item, is_bought)
        singles = [
            ranking.ndcg(scores[:, column], is_listed=scores[:, column] > 0)
            for column in range(len(methods))
        ]
        best = int(np.argmax([single.mean() for single in singles]))
        _subtract_means(customer, scores)
        part = _parts(recommenders, customers)[np.searchsorted(customers, customer)]
        blended = ranking.ndcg(_cross_fitted(scores, is_bought, part))
        status = _verdict(blended, singles[best])
        weights = (
            np.eye(len(methods))[best]
            if status == STATUS_SINGLE_METHOD
            else _weights(scores, is_bought)
        )
    else:
        status = STATUS_INSUFFICIENT_DATA
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


def _subtract_means(customer: np.ndarray, features: np.ndarray) -> None:
    """Take from each feature its mean over each customer's candidates, in place."""
    _, group = np.unique(customer, return_inverse=True)
    sizes = np.bincount(group)
    for column in features.T:
        column -= (np.bincount(group, weights=column) / sizes)[group]


def _weights(features: np.ndarray, is_bought: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression on what was bought."""
    with one_thread():
        model = LogisticRegression(
            C=REGULARISATION_C, tol=TOLERANCE, max_iter=MAX_ITERATIONS
        ).fit(features, is_bought)
    return model.coef_[0]


class Ranking:
    """Candidates of customers to be put in order, and which of them were bought.

    Parameters
    ----------
    customer, item : numpy.ndarray of shape (n,)
        As of `Pairs`.
    is_bought : numpy.ndarray of shape (n,), bool
    """

    def __init__(self, customer: np.ndarray, item: np.ndarray, is_bought: np.ndarray):
        self.customer, self.item, self.is_bought = customer, item, is_bought
        _, self.group = np.unique(customer, return_inverse=True)
        gains = 1.0 / np.log2(np.arange(COMPARED_DEPTH) + 2.0)
        self.gains = np.concatenate((gains, [0.0]))
        bought = np.bincount(self.group, weights=is_bought).astype(np.int64)
        ideal = np.concatenate(([0.0], np.cumsum(gains)))
        self.ideal = ideal[np.minimum(bought, COMPARED_DEPTH)]

    def ndcg(
        self, scores: np.ndarray, *, is_listed: np.ndarray | bool = True
    ) -> np.ndarray:
        """NDCG of each customer who bought a candidate, by falling scores.

        Of equal scores the more popular item comes first. What is bought and no
        candidate is the same loss for all, and left out.
        """
        order = np.lexsort((self.item, -scores, self.customer))
        order = order[np.broadcast_to(is_listed, scores.shape)[order]]
        place = np.minimum(rank_within(self.customer[order]) - 1, COMPARED_DEPTH)
        gained = np.bincount(
            self.group[order],
            weights=self.gains[place] * self.is_bought[order],
            minlength=len(self.ideal),
        )
        return gained[self.ideal > 0] / self.ideal[self.ideal > 0]


def _parts(recommenders: Recommenders, customers: np.ndarray) -> np.ndarray:
    """A number below PARTS for each of some customers, by a hash of their id."""
    ids = recommenders.knowledge.customers.select(["customer_id"])
    order = hash_order(ids.take(pa.array(customers)), ["customer_id"])
    parts = np.empty(len(customers), dtype=np.int64)
    parts[order] = np.arange(len(customers)) % PARTS
    return parts


def _cross_fitted(
    features: np.ndarray, is_bought: np.ndarray, part: np.ndarray
) -> np.ndarray:
    """Scores of each part of the candidates by weights fitted on the others."""
    scores = np.zeros(len(features))
    for number in range(PARTS):
        others, these = part != number, part == number
        # Where the others bought all or nothing, nothing is learned from them.
        if len(np.unique(is_bought[others])) == 2:
            weights = _weights(features[others], is_bought[others])
            scores[these] = features[these] @ weights
    return scores


def _verdict(blended: np.ndarray, single: np.ndarray) -> str:
    """Which of two wins, from NDCG of the same customers by a blend and one method."""
    gain = blended - single
    if gain.mean() <= 0:
        return STATUS_SINGLE_METHOD
    error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    return STATUS_OK if gain.mean() > STANDARD_ERRORS * error else STATUS_LEVEL


def blends(weights: pa.Table) -> dict[str, Blend]:
    """The blend of each list, from the rows of `fit_blend`."""
    require_columns(weights, WEIGHT_SCHEMA.names, name="weights")
    found: dict[str, Blend] = {}
    for row in weights.to_pylist():
        blend = found.setdefault(row["list"], Blend({}, {}, row["model_version"]))
        blend.weights[row["method"]] = row["weight"]
        blend.scales[row["method"]] = row["scale"]
    return found
