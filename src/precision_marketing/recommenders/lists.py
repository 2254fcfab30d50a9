"""Lists as tables: to be judged on a past day, and for every customer today."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from precision_marketing.frames import conform, hash_order
from precision_marketing.recommenders.blend import Blend, blends, target_matrix
from precision_marketing.recommenders.methods import (
    BUY_AGAIN,
    DISCOVER,
    LISTS,
    Pairs,
    Recommenders,
)
from precision_marketing.recommenders.sparse import rank_within

EVALUATED_DEPTH = 20
BLEND, RANDOM = "blend", "random"
# Customers whose scores are written down method by method, for SQL to compute anew.
EXPLAINED_CUSTOMERS = 100

LIST_SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("list", pa.string()),
        ("customer_id", pa.string()),
        ("rank", pa.int32()),
        ("item_id", pa.string()),
        ("score", pa.float64()),
    ]
)
CANDIDATE_SCHEMA = pa.schema(
    [
        ("list", pa.string()),
        ("customer_id", pa.string()),
        ("rank", pa.int32()),
        ("item_id", pa.string()),
        ("score", pa.float64()),
        ("method", pa.string()),
        ("model_version", pa.string()),
    ]
)
TERM_SCHEMA = pa.schema(
    [
        ("list", pa.string()),
        ("customer_id", pa.string()),
        ("item_id", pa.string()),
        ("method", pa.string()),
        ("method_score", pa.float64()),
        ("term", pa.float64()),
        ("model_version", pa.string()),
    ]
)


def evaluated_lists(
    recommenders: Recommenders,
    weights: pa.Table,
    targets: pa.Table,
    *,
    max_customers: int,
    random_state: int = 0,
    depth: int = EVALUATED_DEPTH,
) -> pa.Table:
    """What each method, the blend and chance would have recommended on a past day.

    Parameters
    ----------
    recommenders : Recommenders
        Over what was known on that day.
    weights : pyarrow.Table
        From `fit_blend`, on an earlier day.
    targets : pyarrow.Table
        list, customer_id, item_id: bought after the day. Says only who is looked at.
    max_customers : int
        Customers looked at in each list: the first in sha256 order of their id.
    random_state : int
    depth : int

    Returns
    -------
    pyarrow.Table
        `LIST_SCHEMA`, by list, customer, method and rank. A single method lists what it
        gives a score above 0, so its list may be short or missing; equal scores go to
        the more popular item.
    """
    found, mixed = [], blends(weights)
    for purpose in LISTS:
        customers, _ = target_matrix(recommenders, targets, purpose, max_customers)
        if purpose not in mixed:
            continue
        for some in recommenders.blocks(customers):
            pairs = recommenders.pairs(purpose, some)
            for column, method in enumerate(pairs.methods):
                scores = pairs.scores[:, column]
                kept = _best(pairs, scores, depth, scores > 0)
                found.append(
                    _list_rows(recommenders, purpose, method, pairs, scores, kept)
                )
            scores = mixed[purpose].terms(pairs).sum(axis=1)
            kept = _best(pairs, scores, depth)
            found.append(_list_rows(recommenders, purpose, BLEND, pairs, scores, kept))
            drawn = _drawn(recommenders, purpose, some, random_state)
            scores = drawn.scores[:, 0]
            kept = _best(drawn, scores, depth)
            found.append(_list_rows(recommenders, purpose, RANDOM, drawn, scores, kept))
    if not found:
        return LIST_SCHEMA.empty_table()
    return pa.concat_tables(found)


def candidates(
    recommenders: Recommenders, weights: pa.Table, *, depth: int
) -> pa.RecordBatchReader:
    """The blend's best items of every customer, in blocks of customers.

    Parameters
    ----------
    recommenders : Recommenders
        Over what is known today.
    weights : pyarrow.Table
        From `fit_blend`.
    depth : int
        Longest list of `discover`; `buy_again` holds all that a customer bought.

    Returns
    -------
    pyarrow.RecordBatchReader
        `CANDIDATE_SCHEMA`, by list, customer and rank. Of the methods that add to the
        score, `method` is the one whose term stands highest above its mean over the
        customer's candidates; `BLEND` where none adds anything.
    """
    mixed = blends(weights)

    def batches() -> Iterator[pa.RecordBatch]:
        everyone = np.arange(recommenders.knowledge.customers.num_rows)
        for purpose in (purpose for purpose in LISTS if purpose in mixed):
            for some in recommenders.blocks(everyone):
                pairs = recommenders.pairs(purpose, some)
                table = _candidate_rows(
                    recommenders, mixed[purpose], purpose, pairs, depth
                )
                yield from table.to_batches()

    return pa.RecordBatchReader.from_batches(CANDIDATE_SCHEMA, batches())


def explained_scores(
    recommenders: Recommenders,
    weights: pa.Table,
    *,
    depth: int,
    max_customers: int = EXPLAINED_CUSTOMERS,
) -> pa.Table:
    """What each method adds to the score of some customers' candidates.

    Parameters
    ----------
    recommenders, weights, depth
        As for `candidates`.
    max_customers : int
        The first in sha256 order of their id.

    Returns
    -------
    pyarrow.Table
        `TERM_SCHEMA`: method_score as the method gives it, and term, its part of the
        score in `candidates`.
    """
    mixed = blends(weights)
    ids = recommenders.knowledge.customers.select(["customer_id"])
    some = np.sort(hash_order(ids, ["customer_id"])[:max_customers])
    found = []
    for purpose in (purpose for purpose in LISTS if purpose in mixed):
        pairs = recommenders.pairs(purpose, some)
        terms = mixed[purpose].terms(pairs)
        kept = np.sort(_best(pairs, terms.sum(axis=1), _depth(purpose, depth)))
        width = len(pairs.methods)
        again = np.repeat(kept, width)
        found.append(
            conform(
                {
                    "list": [purpose] * len(again),
                    "customer_id": _ids(
                        recommenders, "customer", pairs.customer[again]
                    ),
                    "item_id": _ids(recommenders, "item", pairs.item[again]),
                    "method": list(pairs.methods) * len(kept),
                    "method_score": pairs.scores[kept].ravel(),
                    "term": terms[kept].ravel(),
                    "model_version": [mixed[purpose].model_version] * len(again),
                },
                TERM_SCHEMA,
                name="explained scores",
            )
        )
    return pa.concat_tables(found) if found else TERM_SCHEMA.empty_table()


def _depth(purpose: str, depth: int) -> float:
    """How many of each customer's candidates are handed on."""
    # What was bought lately or is excluded goes out later, and nothing else fills the
    # list up: who buys many things again soon would be left with none.
    return np.inf if purpose == BUY_AGAIN else depth


def _best(
    pairs: Pairs, scores: np.ndarray, depth: float, wanted: np.ndarray | None = None
) -> np.ndarray:
    """Positions of each customer's best pairs, by customer and rank."""
    # Items are in order of popularity, so the more popular one wins a tie.
    order = np.lexsort((pairs.item, -scores, pairs.customer))
    if wanted is not None:
        order = order[wanted[order]]
    return order[rank_within(pairs.customer[order]) <= depth]


def _drawn(
    recommenders: Recommenders, purpose: str, customers: np.ndarray, random_state: int
) -> Pairs:
    """Everything that each customer could be recommended, with a lot for each item."""
    is_bought = recommenders.bought[customers].toarray() > 0
    free = recommenders.allowed & (~is_bought if purpose == DISCOVER else is_bought)
    # One generator a customer: who else is in the block changes nothing.
    lots = np.array(
        [
            np.random.default_rng([random_state, int(customer)]).random(free.shape[1])
            for customer in customers
        ]
    ).reshape(free.shape)
    row, item = np.nonzero(free)
    return Pairs(customers[row], item, lots[row, item][:, None], (RANDOM,))


def _list_rows(
    recommenders: Recommenders,
    purpose: str,
    method: str,
    pairs: Pairs,
    scores: np.ndarray,
    kept: np.ndarray,
) -> pa.Table:
    return conform(
        {
            "method": [method] * len(kept),
            "list": [purpose] * len(kept),
            "customer_id": _ids(recommenders, "customer", pairs.customer[kept]),
            "rank": rank_within(pairs.customer[kept]),
            "item_id": _ids(recommenders, "item", pairs.item[kept]),
            "score": scores[kept],
        },
        LIST_SCHEMA,
        name="recommender lists",
    )


def _candidate_rows(
    recommenders: Recommenders, blend: Blend, purpose: str, pairs: Pairs, depth: int
) -> pa.Table:
    terms = blend.terms(pairs)
    scores = terms.sum(axis=1)
    kept = _best(pairs, scores, _depth(purpose, depth))
    return conform(
        {
            "list": [purpose] * len(kept),
            "customer_id": _ids(recommenders, "customer", pairs.customer[kept]),
            "rank": rank_within(pairs.customer[kept]),
            "item_id": _ids(recommenders, "item", pairs.item[kept]),
            "score": scores[kept],
            "method": _speakers(pairs, terms)[kept],
            "model_version": [blend.model_version] * len(kept),
        },
        CANDIDATE_SCHEMA,
        name="customer candidates",
    )


def _speakers(pairs: Pairs, terms: np.ndarray) -> np.ndarray:
    """The method that speaks most for each pair, `BLEND` where none does."""
    # A method that takes off stands above its mean where it takes off least.
    speaks = terms > 0
    most = np.argmax(np.where(speaks, _above_mean(pairs, terms), -np.inf), axis=1)
    methods = np.asarray(pairs.methods, dtype=object)
    return np.where(speaks.any(axis=1), methods[most], BLEND)


def _above_mean(pairs: Pairs, terms: np.ndarray) -> np.ndarray:
    """Each term less its mean over the customer's candidates."""
    _, group = np.unique(pairs.customer, return_inverse=True)
    sizes = np.bincount(group)
    means = [np.bincount(group, weights=column) / sizes for column in terms.T]
    return terms - np.column_stack(means)[group]


def _ids(recommenders: Recommenders, kind: str, positions: np.ndarray) -> pa.Array:
    """Ids of customers or items by position."""
    table = getattr(recommenders.knowledge, f"{kind}s")
    return table[f"{kind}_id"].take(pa.array(positions))
