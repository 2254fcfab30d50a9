"""What each method says of a customer and an item: scores from 0 up.

A list has its methods. `discover` is about items never bought: neighbours of what was
bought, what similar customers bought, and what is popular. `buy_again` is about items
bought before: how often, how long ago, whether it is time, and how items are bought
again in general.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.compute as pc
from scipy import sparse

from precision_marketing.frames import one_thread
from precision_marketing.progress import reported
from precision_marketing.recommenders.factors import factorise
from precision_marketing.recommenders.knowledge import Knowledge
from precision_marketing.recommenders.sparse import largest_of_product
from precision_marketing.recommenders.users import capped_buyers, user_neighbours

DISCOVER, BUY_AGAIN = "discover", "buy_again"
LISTS = (DISCOVER, BUY_AGAIN)

ITEM_METHODS = ("cosine", "jaccard", "tfidf", "bm25", "rules", "content", "embedding")
# What is popular among those with the customer's value of a column.
GROUP_METHODS = {"country_popularity": "country", "segment_popularity": "rfm_segment"}
DISCOVER_METHODS = (
    *ITEM_METHODS,
    "user_neighbours",
    "popularity",
    "recent_popularity",
    "trending",
    *GROUP_METHODS,
    "als",
)
BUY_AGAIN_METHODS = (
    "personal_frequency",
    "personal_recency",
    "repurchase_cycle",
    "item_loyalty",
    "user_neighbours",
    "popularity",
    "recent_popularity",
)
METHODS = {DISCOVER: DISCOVER_METHODS, BUY_AGAIN: BUY_AGAIN_METHODS}

# Customers times items that are in memory together, as several matrices of doubles.
CELLS_AT_ONCE = 4_000_000
CUSTOMERS_AT_ONCE = 512
# What one method would recommend of a customer's items comes into question; a blend of
# deeper lists was not better.
CANDIDATES_PER_METHOD = 60
# Below every sum of scores: what was bought sinks in a product, without a join.
BOUGHT = -1e9
# A neighbour's purchase, or a country's or segment's, counts half as much after so many
# days.
HALF_LIFE_DAYS = 60.0
# Days after which a customer's last purchase counts half in personal_recency.
RECENCY_DAYS = 30.0
# Customers whose taste is the shop's that are added to each country or segment, and
# buyers with the shop's habits that are added to each item: few seen ones say little.
GROUP_PRIOR, LOYALTY_PRIOR, CYCLE_PRIOR = 20.0, 10.0, 5.0
# Days between two purchases of an item in a shop where nobody has bought one twice.
UNKNOWN_CYCLE_DAYS = 30.0


@dataclass(frozen=True)
class Pairs:
    """Customers with items, and what each method says of them.

    Attributes
    ----------
    customer, item : numpy.ndarray of shape (n,)
        Positions in the knowledge's customers and items; sorted by both.
    scores : numpy.ndarray of shape (n, methods), float64
        From 0 up.
    methods : tuple of str
    """

    customer: np.ndarray
    item: np.ndarray
    scores: np.ndarray
    methods: tuple[str, ...]


class Recommenders:
    """All methods over what was known on one day.

    Parameters
    ----------
    knowledge : Knowledge
    neighbours : mapping of method to scipy.sparse.csr_matrix of shape (items, items)
        From `item_neighbours`, of the same knowledge.
    has_als : bool
        Whether matrix factorisation takes part.
    random_state : int
    """

    def __init__(
        self,
        knowledge: Knowledge,
        neighbours: Mapping[str, sparse.csr_matrix],
        *,
        has_als: bool = False,
        random_state: int = 0,
    ):
        self.knowledge = knowledge
        self.allowed = knowledge.is_recommendable
        self.sinking = {
            method: sinking_columns(matrix, self.allowed)
            for method, matrix in neighbours.items()
        }
        self.random_state = random_state
        self.factors = (
            factorise(knowledge.bought(), random_state=random_state)
            if has_als and knowledge.order_counts.nnz
            else None
        )
        self.popularity = {
            "popularity": knowledge.item_numbers("customer_count"),
            "recent_popularity": knowledge.item_numbers("customer_count_30d"),
            "trending": knowledge.item_numbers("new_customer_count_30d"),
        }
        self.ranks = {
            method: self._ranks(scores) for method, scores in self.popularity.items()
        }

    # What follows is made when a method first asks for it.
    @cached_property
    def buyers(self) -> sparse.csr_matrix:
        """Buyers of each item, as far as customers are compared."""
        return capped_buyers(self.knowledge.bought(), random_state=self.random_state)

    @cached_property
    def recent(self) -> sparse.csr_matrix:
        """Purchases, the later the more they count."""
        return self.knowledge.bought(0.5 ** (self.knowledge.age_days / HALF_LIFE_DAYS))

    @cached_property
    def groups(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Each customer's group by number, and how popular items are in each."""
        return {
            method: self._popularity_by(column)
            for method, column in GROUP_METHODS.items()
        }

    @cached_property
    def group_ranks(self) -> dict[str, np.ndarray]:
        """Rank of each item in each group."""
        return {
            method: np.array([self._ranks(scores) for scores in shares])
            for method, (_, shares) in self.groups.items()
        }

    @cached_property
    def habits(self) -> tuple[np.ndarray, np.ndarray]:
        """Share of each item's buyers who bought it again, and the days in between."""
        counts, span = self.knowledge.order_counts, self.knowledge.span_days
        size = counts.shape[1]
        again = counts.data > 1
        buyers = np.bincount(counts.indices, minlength=size)
        repeated = np.bincount(counts.indices[again], minlength=size)
        overall = repeated.sum() / max(buyers.sum(), 1)
        loyalty = (repeated + LOYALTY_PRIOR * overall) / (buyers + LOYALTY_PRIOR)
        # Two orders within a day are one visit.
        gaps = np.log(np.maximum(span[again] / (counts.data[again] - 1), 1.0))
        usual = np.median(gaps) if again.any() else np.log(UNKNOWN_CYCLE_DAYS)
        summed = np.bincount(counts.indices[again], weights=gaps, minlength=size)
        return loyalty, np.exp(
            (summed + CYCLE_PRIOR * usual) / (repeated + CYCLE_PRIOR)
        )

    def methods(self, purpose: str) -> tuple[str, ...]:
        """The methods of a list that this shop's data allow."""
        absent = set(ITEM_METHODS) - set(self.sinking)
        if self.factors is None:
            absent.add("als")
        return tuple(method for method in METHODS[purpose] if method not in absent)

    def blocks(self, customers: np.ndarray) -> Iterator[np.ndarray]:
        """Customers in blocks that are small enough for `pairs`."""
        width = max(
            1, min(CUSTOMERS_AT_ONCE, CELLS_AT_ONCE // max(len(self.allowed), 1))
        )
        starts = range(0, len(customers), width)
        for start in reported(starts, "blocks of customers"):
            yield customers[start : start + width]

    def similar(self, customers: np.ndarray) -> sparse.csr_matrix:
        """What those most like some customers bought, the later the more."""
        neighbours = user_neighbours(self._bought(customers), self.buyers, customers)
        return (neighbours @ self.recent).tocsr()

    def pairs(
        self,
        purpose: str,
        customers: np.ndarray,
        *,
        methods: tuple[str, ...] | None = None,
        similar: sparse.csr_matrix | None = None,
        depth: float = CANDIDATES_PER_METHOD,
    ) -> Pairs:
        """What may be recommended to some customers, and each method's opinion.

        Parameters
        ----------
        purpose : {'discover', 'buy_again'}
        customers : numpy.ndarray of shape (queries,)
            Positions in ascending order, as `blocks` gives them.
        methods : tuple of str, optional
            Those that are asked, in the order of `METHODS`; by default all. Of
            `discover` only what one of them would recommend comes into question.
        similar : scipy.sparse.csr_matrix, optional
            From `similar`, for who asks for both lists of the same customers.
        depth : int
            Items of a customer that are needed, where one method alone is asked.
        """
        asked = self.methods(purpose) if methods is None else methods
        if similar is None and "user_neighbours" in asked:
            similar = self.similar(customers)
        if purpose == BUY_AGAIN:
            row, item, scores = self._buy_again(customers, similar)
        elif len(asked) == 1 and asked[0] in self.sinking:
            row, item, scores = self._best_of(asked[0], customers, depth)
        else:
            row, item, scores = self._discover(customers, asked, similar)
        columns = [scores[method] for method in asked]
        return Pairs(customers[row], item, np.column_stack(columns), asked)

    def _bought(self, customers: np.ndarray) -> sparse.csr_matrix:
        """Ones where some customers bought an item."""
        bought = self.knowledge.order_counts[customers]
        bought.data = np.ones_like(bought.data)
        return bought

    def _affinity(self, customers: np.ndarray) -> sparse.csr_matrix:
        """How much what some customers bought counts: 1 + ln(orders)."""
        affinity = self.knowledge.order_counts[customers]
        affinity.data = 1.0 + np.log(affinity.data)
        return affinity

    def _best_of(
        self, method: str, customers: np.ndarray, depth: float
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """As `_discover`, for a method that compares items and is asked alone."""
        depth = min(depth, CANDIDATES_PER_METHOD)
        top = largest_of_product(self._affinity(customers), self.sinking[method], depth)
        top.sort_indices()
        return _rows(top), top.indices, {method: top.data}

    def _discover(
        self,
        customers: np.ndarray,
        methods: tuple[str, ...],
        similar: sparse.csr_matrix | None,
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Rows of customers, items never bought, and scores by method."""
        affinity = self._affinity(customers)
        free = np.broadcast_to(self.allowed, (len(customers), len(self.allowed))).copy()
        free[_rows(affinity), affinity.indices] = False
        wanted = np.zeros(free.shape, dtype=bool)
        sums = {}
        for method in (method for method in methods if method in self.sinking):
            # What was bought sinks below 0, and what may not be shown is not there.
            sums[method] = (affinity @ self.sinking[method]).tocsr()
            _mark_largest(wanted, sums[method], sums[method].data)
        if "user_neighbours" in methods:
            sums["user_neighbours"] = similar
            is_free = free[_rows(similar), similar.indices]
            _mark_largest(wanted, similar, np.where(is_free, similar.data, 0.0))
        self._mark_popular(wanted, customers, methods)
        dense = {}
        for method in (method for method in GROUP_METHODS if method in methods):
            code, shares = self.groups[method]
            dense[method] = shares[code[customers]]
        if "als" in methods:
            people, things = self.factors
            with one_thread():
                dense["als"] = np.maximum(people[customers] @ things.T, 0.0)
            liked = sparse.csr_matrix(np.where(free, dense["als"], 0.0))
            _mark_largest(wanted, liked, liked.data)
        wanted &= free

        row, item = np.nonzero(wanted)
        scores = {method: values[item] for method, values in self.popularity.items()}
        scores |= {method: matrix[row, item] for method, matrix in dense.items()}
        page = np.empty(wanted.shape)
        for method, matrix in sums.items():
            scores[method] = _at(matrix, row, item, page)
        return row, item, scores

    def _mark_popular(
        self, wanted: np.ndarray, customers: np.ndarray, methods: tuple[str, ...]
    ) -> None:
        """Set the most popular items that each customer has not bought, and others."""
        # What was bought may stand among the first; so many more keep the rest enough.
        bought_count = np.diff(self.knowledge.order_counts.indptr)[customers, None]
        depth = CANDIDATES_PER_METHOD + bought_count
        for method, ranks in self.ranks.items():
            if method in methods:
                wanted |= ranks <= depth
        for method in (method for method in GROUP_METHODS if method in methods):
            code, _ = self.groups[method]
            wanted |= self.group_ranks[method][code[customers]] <= depth

    def _buy_again(
        self, customers: np.ndarray, similar: sparse.csr_matrix | None
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Rows of customers, items bought before, and scores by method."""
        counts = self.knowledge.order_counts
        place = _entries(counts, customers)
        row = np.repeat(np.arange(len(customers)), np.diff(counts.indptr)[customers])
        allowed = self.allowed[counts.indices[place]]
        place, row = place[allowed], row[allowed]
        item = counts.indices[place]
        orders = counts.data[place]
        age, span = self.knowledge.age_days[place], self.knowledge.span_days[place]
        loyalty, cycle = self.habits
        # The customer's own mean gap, with the item's usual one as one more.
        own_cycle = (span + cycle[item]) / orders
        due = age / own_cycle
        scores = {
            "personal_frequency": orders,
            "personal_recency": RECENCY_DAYS / (RECENCY_DAYS + age),
            # Orders a day, times how due the next one is: 1 at the usual gap.
            "repurchase_cycle": orders
            / (age + span + cycle[item])
            * due
            * np.exp(1.0 - due),
            "item_loyalty": loyalty[item],
        }
        scores |= {method: values[item] for method, values in self.popularity.items()}
        if similar is not None:
            page = np.empty((len(customers), len(self.allowed)))
            scores["user_neighbours"] = _at(similar, row, item, page)
        return row, item, scores

    def _popularity_by(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Each customer's group by number, and recent buyers per customer there."""
        encoded = pc.dictionary_encode(
            self.knowledge.customers[column].combine_chunks()
        )
        # The last group is the unknown one: the shop as a whole.
        code = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        size, people = len(encoded.dictionary) + 1, len(code)
        overall = np.asarray(self.recent.sum(axis=0)).ravel() / max(people, 1)
        belongs = sparse.csr_matrix(
            (np.ones(people), (code, np.arange(people))), shape=(size, people)
        )
        members = np.bincount(code, minlength=size)
        members[-1] = 0
        bought = (belongs @ self.recent).toarray()
        bought[-1] = 0.0
        shares = (bought + GROUP_PRIOR * overall) / (members + GROUP_PRIOR)[:, None]
        return code, shares

    def _ranks(self, scores: np.ndarray) -> np.ndarray:
        """Rank of each item by a score, from 1; those not allowed come last of all."""
        order = np.argsort(np.where(self.allowed, -scores, np.inf), kind="stable")
        ranks = np.empty(len(scores), dtype=np.int64)
        ranks[order] = np.arange(1, len(scores) + 1)
        return ranks


def sinking_columns(
    neighbours: sparse.csr_matrix, allowed: np.ndarray
) -> sparse.csr_matrix:
    """Neighbours ready for a product with purchases.

    Parameters
    ----------
    neighbours : scipy.sparse.csr_matrix of shape (items, items)
        Row i holds the neighbours of item i.
    allowed : numpy.ndarray of shape (items,), bool

    Returns
    -------
    scipy.sparse.csr_matrix of shape (items, items)
        Column i holds the neighbours of item i, and `BOUGHT` for i itself; nothing when
        i is not allowed.
    """
    size = neighbours.shape[0]
    columns = neighbours.T + sparse.diags(np.full(size, BOUGHT), shape=(size, size))
    return (columns @ sparse.diags(allowed.astype(float))).tocsr()


def _rows(matrix: sparse.csr_matrix) -> np.ndarray:
    """The row of each entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _mark_largest(
    wanted: np.ndarray, matrix: sparse.csr_matrix, values: np.ndarray
) -> None:
    """Set the places of the CANDIDATES_PER_METHOD largest values above 0 of each row.

    `values` stand for the entries of `matrix`; those equal to the last are set too.
    """
    starts, lengths = matrix.indptr[:-1], np.diff(matrix.indptr)
    least = np.zeros(matrix.shape[0])
    for row in np.flatnonzero(lengths > CANDIDATES_PER_METHOD):
        its = values[starts[row] : starts[row] + lengths[row]]
        least[row] = np.partition(its, -CANDIDATES_PER_METHOD)[-CANDIDATES_PER_METHOD]
    kept = (values > 0) & (values >= np.repeat(least, lengths))
    wanted[_rows(matrix)[kept], matrix.indices[kept]] = True


def _at(
    matrix: sparse.csr_matrix, row: np.ndarray, column: np.ndarray, page: np.ndarray
) -> np.ndarray:
    """Entries of a sparse matrix at some places, 0 where it has none.

    `page`, of the matrix's shape, is written over. Six times faster than scipy's own
    look-up of single entries, and a fresh page for each matrix costs as much again.
    """
    return matrix.toarray(out=page)[row, column]


def _entries(matrix: sparse.csr_matrix, rows: np.ndarray) -> np.ndarray:
    """Positions in `matrix.data` of the entries of some rows."""
    parts = [np.arange(matrix.indptr[row], matrix.indptr[row + 1]) for row in rows]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
