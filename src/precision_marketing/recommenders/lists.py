"""Lists as tables: to be judged on a past day, and for every customer today."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    popular_items: pa.Table,
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
    popular_items : pyarrow.Table
        item_id, popularity_rank, buyer_count: what was shown that day to those of whom
        nothing was known.
    max_customers : int
        Customers looked at in each list: the first in sha256 order of their id. So many
        more of those who were new.
    random_state : int
    depth : int

    Returns
    -------
    pyarrow.Table
        `LIST_SCHEMA`, by list, customer, method and rank. A single method lists what it
        gives a score above 0, so its list may be short or missing; equal scores go to
        the more popular item. Customers who were new have the lists of methods that
        need no customer, and as their blend `popular_items`.
    """
    found, mixed = [], blends(weights)
    for purpose in LISTS:
        customers, _ = target_matrix(recommenders, targets, purpose, max_customers)
        if purpose not in mixed:
            continue
        for some in recommenders.blocks(customers):
            pairs = recommenders.pairs(purpose, some)
            # With fewer methods asked, fewer items come into question.
            asked = mixed[purpose].methods(recommenders, purpose)
            counted = (
                pairs
                if asked == pairs.methods
                else recommenders.pairs(purpose, some, methods=asked)
            )
            for column, method in enumerate(pairs.methods):
                scores = pairs.scores[:, column]
                kept = _best(pairs, scores, depth, scores > 0)
                found.append(
                    _list_rows(recommenders, purpose, method, pairs, scores, kept)
                )
            scores = mixed[purpose].terms(counted).sum(axis=1)
            kept = _best(counted, scores, depth)
            found.append(
                _list_rows(recommenders, purpose, BLEND, counted, scores, kept)
            )
            drawn = _drawn(recommenders, purpose, some, random_state)
            scores = drawn.scores[:, 0]
            kept = _best(drawn, scores, depth)
            found.append(_list_rows(recommenders, purpose, RANDOM, drawn, scores, kept))
    if DISCOVER in mixed:
        newcomers = _newcomers(recommenders, targets, max_customers)
        lists = _lists_for_strangers(recommenders, popular_items, depth)
        found += [_repeated(*each, newcomers) for each in lists]
        found.append(_drawn_for_newcomers(recommenders, newcomers, depth, random_state))
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
        `CANDIDATE_SCHEMA`, of each block by list, customer and rank. Of the methods
        that add to the score, `method` is the one whose term stands highest above its
        mean over the customer's candidates; `BLEND` where none adds anything.
    """
    mixed = blends(weights)

    def batches() -> Iterator[pa.RecordBatch]:
        everyone = np.arange(recommenders.knowledge.customers.num_rows)
        asked = {
            purpose: blend.methods(recommenders, purpose)
            for purpose, blend in mixed.items()
        }
        for some in recommenders.blocks(everyone):
            # Both lists ask who is similar, the dearest question of all.
            needs_similar = any("user_neighbours" in names for names in asked.values())
            similar = recommenders.similar(some) if needs_similar else None
            for purpose in (purpose for purpose in LISTS if purpose in mixed):
                pairs = recommenders.pairs(
                    purpose,
                    some,
                    methods=asked[purpose],
                    similar=similar,
                    depth=depth,
                )
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
        pairs = recommenders.pairs(
            purpose,
            some,
            methods=mixed[purpose].methods(recommenders, purpose),
            depth=depth,
        )
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
    is_bought = recommenders.knowledge.order_counts[customers].toarray() > 0
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


def _newcomers(
    recommenders: Recommenders, targets: pa.Table, max_customers: int
) -> list[str]:
    """Customers with a target of whom nothing was known: the first in sha256 order."""
    known = recommenders.knowledge.customers["customer_id"].combine_chunks()
    is_new = pc.invert(pc.is_in(targets["customer_id"], value_set=known))
    ids = pa.table({"customer_id": pc.unique(targets["customer_id"].filter(is_new))})
    return sorted(
        ids["customer_id"]
        .take(pa.array(hash_order(ids, ["customer_id"])[:max_customers]))
        .to_pylist()
    )


def _lists_for_strangers(
    recommenders: Recommenders, popular_items: pa.Table, depth: int
) -> Iterator[tuple[str, list[str], np.ndarray]]:
    """Method, items and scores of the lists that are the same for all newcomers."""
    items = recommenders.knowledge.items["item_id"]
    unknown = {
        method: shares[-1] for method, (_, shares) in recommenders.groups.items()
    }
    for method, scores in (recommenders.popularity | unknown).items():
        order = np.argsort(np.where(recommenders.allowed, -scores, 0.0), kind="stable")
        best = order[:depth]
        best = best[recommenders.allowed[best] & (scores[best] > 0)]
        yield method, items.take(pa.array(best)).to_pylist(), scores[best]
    shown = popular_items.sort_by("popularity_rank").slice(0, depth)
    buyers = shown["buyer_count"].cast(pa.float64()).to_numpy()
    yield BLEND, shown["item_id"].to_pylist(), buyers


def _repeated(
    method: str, items: list[str], scores: np.ndarray, customers: list[str]
) -> pa.Table:
    """One `discover` list for several customers."""
    return conform(
        {
            "method": [method] * (len(customers) * len(items)),
            "list": [DISCOVER] * (len(customers) * len(items)),
            "customer_id": np.repeat(np.array(customers, dtype=object), len(items)),
            "rank": np.tile(np.arange(1, len(items) + 1), len(customers)),
            "item_id": items * len(customers),
            "score": np.tile(scores, len(customers)),
        },
        LIST_SCHEMA,
        name="recommender lists",
    )


def _drawn_for_newcomers(
    recommenders: Recommenders, newcomers: list[str], depth: int, random_state: int
) -> pa.Table:
    """Lists by lot of all that could be recommended."""
    items = recommenders.knowledge.items["item_id"]
    free = np.flatnonzero(recommenders.allowed)
    known = recommenders.knowledge.customers.num_rows
    parts = [LIST_SCHEMA.empty_table()]
    for position, customer in enumerate(newcomers):
        # After the generators of the customers who were known.
        lots = np.random.default_rng([random_state, known + position]).random(len(free))
        best = np.argsort(-lots, kind="stable")[:depth]
        drawn = items.take(pa.array(free[best])).to_pylist()
        parts.append(_repeated(RANDOM, drawn, lots[best], [customer]))
    return pa.concat_tables(parts)


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
