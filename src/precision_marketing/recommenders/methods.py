"""What each method says of a customer and an item: scores from 0 up.

A list has its methods. `discover` is about items never bought: neighbours of what was
bought, what similar customers bought, and what is popular. `buy_again` is about items
bought before: how often, how long ago, whether it is time, and how items are bought
again in general.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from scipy import sparse

from precision_marketing.frames import one_thread
from precision_marketing.recommenders.factors import factorise
from precision_marketing.recommenders.knowledge import Knowledge
from precision_marketing.recommenders.sparse import largest_of_product, largest_of_rows
from precision_marketing.recommenders.users import capped_buyers, user_neighbours

DISCOVER, BUY_AGAIN = "discover", "buy_again"
LISTS = (DISCOVER, BUY_AGAIN)

ITEM_METHODS = ("cosine", "jaccard", "tfidf", "bm25", "rules", "content", "embedding")
DISCOVER_METHODS = (
    *ITEM_METHODS,
    "user_neighbours",
    "popularity",
    "recent_popularity",
    "trending",
    "country_popularity",
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
# A neighbour's purchase, or a country's, counts half as much after so many days.
HALF_LIFE_DAYS = 60.0
# Days after which a customer's last purchase counts half in personal_recency.
RECENCY_DAYS = 30.0
# Customers whose taste is the shop's that are added to each country, and buyers with
# the shop's habits that are added to each item: few observed ones say little.
COUNTRY_PRIOR, LOYALTY_PRIOR, CYCLE_PRIOR = 20.0, 10.0, 5.0
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
        self.bought = knowledge.bought()
        self.affinity = knowledge.bought(1.0 + np.log(knowledge.order_counts.data))
        self.recent = knowledge.bought(0.5 ** (knowledge.age_days / HALF_LIFE_DAYS))
        self.sinking = {
            method: sinking_columns(matrix, self.allowed)
            for method, matrix in neighbours.items()
        }
        self.buyers = capped_buyers(self.bought, random_state=random_state)
        self.popularity = knowledge.item_numbers("customer_count")
        self.recent_popularity = knowledge.item_numbers("customer_count_30d")
        self.trending = knowledge.item_numbers("new_customer_count_30d")
        self.country, self.country_popularity = self._country_popularity()
        self.loyalty, self.cycle_days = self._item_habits()
        self.ranks = {
            "popularity": self._ranks(self.popularity),
            "recent_popularity": self._ranks(self.recent_popularity),
            "trending": self._ranks(self.trending),
        }
        self.factors = (
            factorise(self.bought, random_state=random_state)
            if has_als and self.bought.nnz
            else None
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
        for start in range(0, len(customers), width):
            yield customers[start : start + width]

    def pairs(self, purpose: str, customers: np.ndarray) -> Pairs:
        """What may be recommended to some customers, and each method's opinion.

        Parameters
        ----------
        purpose : {'discover', 'buy_again'}
        customers : numpy.ndarray of shape (queries,)
            Positions in ascending order, as `blocks` gives them.
        """
        similar = user_neighbours(self.bought, self.buyers, customers) @ self.recent
        if purpose == BUY_AGAIN:
            row, item, scores = self._buy_again(customers, similar.tocsr())
        else:
            row, item, scores = self._discover(customers, similar.tocsr())
        methods = self.methods(purpose)
        columns = [scores[method] for method in methods]
        return Pairs(customers[row], item, np.column_stack(columns), methods)

    def _discover(
        self, customers: np.ndarray, similar: sparse.csr_matrix
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Rows of customers, items never bought, and scores by method."""
        affinity, bought = self.affinity[customers], self.bought[customers]
        wanted = np.zeros((len(customers), len(self.allowed)), dtype=bool)
        sums = {}
        for method, sinking in self.sinking.items():
            summed = (affinity @ sinking).tocsr()
            summed.data[summed.data < 0] = 0
            summed.eliminate_zeros()
            _mark(wanted, largest_of_rows(summed, CANDIDATES_PER_METHOD))
            sums[method] = summed
        unseen = similar - similar.multiply(bought)
        unseen = (unseen @ sparse.diags(self.allowed.astype(float))).tocsr()
        unseen.eliminate_zeros()
        _mark(wanted, largest_of_rows(unseen, CANDIDATES_PER_METHOD))
        sums["user_neighbours"] = similar
        self._mark_popular(wanted, customers)
        dense = {"country_popularity": self.country_popularity[self.country[customers]]}
        if self.factors is not None:
            people, things = self.factors
            with one_thread():
                dense["als"] = np.maximum(people[customers] @ things.T, 0.0)
            free = np.where(self.allowed & (bought.toarray() == 0), dense["als"], 0.0)
            _mark(
                wanted, largest_of_rows(sparse.csr_matrix(free), CANDIDATES_PER_METHOD)
            )
        _mark(wanted, bought, value=False)
        wanted &= self.allowed

        row, item = np.nonzero(wanted)
        scores = {method: _at(matrix, row, item) for method, matrix in sums.items()}
        scores |= {method: matrix[row, item] for method, matrix in dense.items()}
        scores["popularity"] = self.popularity[item]
        scores["recent_popularity"] = self.recent_popularity[item]
        scores["trending"] = self.trending[item]
        return row, item, scores

    def _mark_popular(self, wanted: np.ndarray, customers: np.ndarray) -> None:
        """Set the most popular items that each customer has not bought, and others."""
        # What was bought may stand among the first; so many more keep the rest enough.
        depth = CANDIDATES_PER_METHOD + np.diff(self.bought.indptr)[customers, None]
        for ranks in self.ranks.values():
            wanted |= ranks <= depth
        countries = self.country[customers]
        for code in np.unique(countries):
            ranks = self._ranks(self.country_popularity[code])
            wanted[countries == code] |= ranks <= depth[countries == code]

    def _buy_again(
        self, customers: np.ndarray, similar: sparse.csr_matrix
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
        loyalty, cycle = self.loyalty, self.cycle_days
        # The customer's own mean gap, with the item's usual one as one more.
        own_cycle = (span + cycle[item]) / orders
        due = age / own_cycle
        return (
            row,
            item,
            {
                "personal_frequency": orders,
                "personal_recency": RECENCY_DAYS / (RECENCY_DAYS + age),
                # Orders a day, times how due the next one is: 1 at the usual gap.
                "repurchase_cycle": orders
                / (age + span + cycle[item])
                * due
                * np.exp(1.0 - due),
                "item_loyalty": loyalty[item],
                "user_neighbours": _at(similar, row, item),
                "popularity": self.popularity[item],
                "recent_popularity": self.recent_popularity[item],
            },
        )

    def _item_habits(self) -> tuple[np.ndarray, np.ndarray]:
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

    def _country_popularity(self) -> tuple[np.ndarray, np.ndarray]:
        """Each customer's country by number, and recent buyers per customer there."""
        encoded = pc.dictionary_encode(
            self.knowledge.customers["country"].combine_chunks()
        )
        # The last country is the unknown one: the shop as a whole.
        code = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
        size, people = len(encoded.dictionary) + 1, len(code)
        overall = np.asarray(self.recent.sum(axis=0)).ravel() / max(people, 1)
        lives_in = sparse.csr_matrix(
            (np.ones(people), (code, np.arange(people))), shape=(size, people)
        )
        members = np.bincount(code, minlength=size)
        members[-1] = 0
        bought = (lives_in @ self.recent).toarray()
        bought[-1] = 0.0
        shares = (bought + COUNTRY_PRIOR * overall) / (members + COUNTRY_PRIOR)[:, None]
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


def top_items(
    affinity: sparse.csr_matrix, sinking: sparse.csr_matrix, n: int
) -> sparse.csr_matrix:
    """The n items of highest score by one item method that a customer has not bought.

    Parameters
    ----------
    affinity : scipy.sparse.csr_matrix of shape (customers, items)
        At least 1 where the customer bought the item.
    sinking : scipy.sparse.csr_matrix of shape (items, items)
        From `sinking_columns`.
    n : int

    Returns
    -------
    scipy.sparse.csr_matrix of shape (customers, items)
        Each row from the best item down.
    """
    return largest_of_product(affinity, sinking, n)


def _mark(wanted: np.ndarray, matrix: sparse.csr_matrix, *, value: bool = True) -> None:
    """Set the places of a sparse matrix's entries."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    wanted[rows, matrix.indices] = value


def _at(matrix: sparse.csr_matrix, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Entries of a sparse matrix at some places, 0 where it has none."""
    # Six times faster than scipy's own look-up of single entries.
    return matrix.toarray()[row, column]


def _entries(matrix: sparse.csr_matrix, rows: np.ndarray) -> np.ndarray:
    """Positions in `matrix.data` of the entries of some rows."""
    parts = [np.arange(matrix.indptr[row], matrix.indptr[row + 1]) for row in rows]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
