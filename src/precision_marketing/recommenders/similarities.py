"""Which items are alike because the same customers or orders bought them.

The weights of cosine, TF-IDF and BM25 are those of the package implicit, so that its
scores can be asked whether ours are right.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from precision_marketing.frames import conform, one_thread
from precision_marketing.recommenders.content import content_vectors, embedding_vectors
from precision_marketing.recommenders.knowledge import ArrowStream, Knowledge
from precision_marketing.recommenders.sparse import (
    largest_of_product,
    largest_of_rows,
    rank_within,
)

NEIGHBOURS = 50
# The usual constants of Okapi BM25: how soon a repeated purchase stops counting more,
# and how much an item's many purchases are held against it.
BM25_K1, BM25_B = 1.2, 0.75
# Items compared with all others at once, where the full product is needed.
ROWS_AT_ONCE = 1_000

NEIGHBOUR_SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("item_id", pa.string()),
        ("similar_item_id", pa.string()),
        ("similarity", pa.float64()),
        ("rank", pa.int32()),
    ]
)


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Scale each row to length 1; a row of zeros stays one."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return (sparse.diags(inverse) @ matrix).tocsr()


def tfidf_weights(items: sparse.csr_matrix) -> sparse.csr_matrix:
    """Weigh purchases down of customers who buy everything.

    Parameters
    ----------
    items : scipy.sparse.csr_matrix of shape (items, customers)

    Returns
    -------
    scipy.sparse.csr_matrix of the same shape

    Notes
    -----
    sqrt(x) * idf, with idf = ln(items) - ln(1 + items of the customer).
    """
    weighted = items.tocoo()
    data = np.sqrt(weighted.data) * _idf(items)[weighted.col]
    return sparse.csr_matrix((data, (weighted.row, weighted.col)), shape=items.shape)


def bm25_weights(
    items: sparse.csr_matrix, *, k1: float = BM25_K1, b: float = BM25_B
) -> sparse.csr_matrix:
    """Weigh purchases by Okapi BM25, an item being the document.

    Parameters
    ----------
    items : scipy.sparse.csr_matrix of shape (items, customers)
        Orders of the item by the customer.
    k1, b : float

    Returns
    -------
    scipy.sparse.csr_matrix of the same shape

    Notes
    -----
    x * (k1 + 1) / (k1 * norm + x) * idf, with norm = 1 - b + b * (orders of the item
    / their mean over items) and the idf of `tfidf_weights`.
    """
    weighted = items.tocoo()
    orders = np.asarray(items.sum(axis=1)).ravel()
    norms = 1.0 - b + b * orders / orders.mean()
    saturated = weighted.data * (k1 + 1.0) / (k1 * norms[weighted.row] + weighted.data)
    data = saturated * _idf(items)[weighted.col]
    return sparse.csr_matrix((data, (weighted.row, weighted.col)), shape=items.shape)


def _idf(items: sparse.csr_matrix) -> np.ndarray:
    """Inverse frequency of each customer (column) among the items."""
    frequency = np.bincount(items.indices, minlength=items.shape[1])
    return np.log(items.shape[0]) - np.log1p(frequency)


def neighbours_of_vectors(vectors: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """The n rows with the largest positive inner product with each row, not itself."""
    # One more, since a row is often its own nearest.
    return _without_itself(largest_of_product(vectors, vectors.T.tocsr(), n + 1), n)


def neighbours_of_dense(vectors: np.ndarray, n: int) -> sparse.csr_matrix:
    """As `neighbours_of_vectors`, for vectors without zeros."""
    blocks = []
    with one_thread():
        for start in range(0, len(vectors), ROWS_AT_ONCE):
            products = vectors[start : start + ROWS_AT_ONCE] @ vectors.T
            products[products < 0] = 0
            blocks.append(largest_of_rows(sparse.csr_matrix(products), n + 1))
    return _without_itself(sparse.vstack(blocks, format="csr"), n)


def neighbours_of_counts(
    vectors: sparse.csr_matrix,
    measure: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    n: int,
) -> sparse.csr_matrix:
    """The n items with the largest positive measure of how often two come together.

    Parameters
    ----------
    vectors : scipy.sparse.csr_matrix of shape (items, witnesses)
        Ones where a customer or order has the item.
    measure : callable
        (together, alone_a, alone_b) -> similarity, of arrays of counts.
    n : int
    """
    alone = np.asarray(vectors.sum(axis=1)).ravel()
    others = vectors.T.tocsr()
    blocks = []
    for start in range(0, vectors.shape[0], ROWS_AT_ONCE):
        together = (vectors[start : start + ROWS_AT_ONCE] @ others).tocsr()
        rows = start + np.repeat(
            np.arange(together.shape[0]), np.diff(together.indptr)
        )
        together.data = measure(together.data, alone[rows], alone[together.indices])
        together.data[together.data <= 0] = 0
        together.eliminate_zeros()
        blocks.append(largest_of_rows(together, n + 1))
    if not blocks:
        return sparse.csr_matrix((0, 0))
    return _without_itself(sparse.vstack(blocks, format="csr"), n)


def jaccard(together: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Customers of both among customers of either."""
    return together / (a + b - together)


def leverage_of(order_count: int) -> Callable:
    """How much more often two items share an order than by chance, as share of orders.

    The measure by which the rules "who takes a takes b" rank: unlike confidence it does
    not name the best-seller as everyone's neighbour, and unlike lift not the rarest.
    """

    def leverage(together: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return together / order_count - a * b / order_count**2

    return leverage


def _without_itself(top: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """Drop the diagonal, then cut to n a row."""
    rows = np.repeat(np.arange(top.shape[0]), np.diff(top.indptr))
    other = rows != top.indices
    kept = sparse.csr_matrix(
        (top.data[other], (rows[other], top.indices[other])), shape=top.shape
    )
    return largest_of_rows(kept, n)


def basket_matrix(knowledge: Knowledge, baskets: ArrowStream) -> sparse.csr_matrix:
    """Which orders before the day hold which items.

    Parameters
    ----------
    knowledge : Knowledge
    baskets : pyarrow.Table, or anything else that streams Arrow
        order_number, item_id, ordered_at, of any time.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (items, orders)
    """
    item_ids = knowledge.items["item_id"].combine_chunks()
    orders, items = [], []
    for batch in pa.RecordBatchReader.from_stream(baskets):
        times = batch.column("ordered_at").cast(pa.timestamp("us"))
        midnight = np.datetime64(knowledge.as_of_date, "us")
        is_known = times.to_numpy(zero_copy_only=False) < midnight
        known = batch.filter(pa.array(is_known))
        orders.append(known.column("order_number").cast(pa.int64()).to_numpy())
        found = pc.index_in(known.column("item_id"), value_set=item_ids)
        # An item that nobody may be shown is no neighbour either.
        items.append(found.fill_null(-1).to_numpy())
    order = np.concatenate(orders) if orders else np.empty(0, dtype=np.int64)
    item = np.concatenate(items) if items else np.empty(0, dtype=np.int32)
    _, order = np.unique(order, return_inverse=True)
    known = item >= 0
    return sparse.csr_matrix(
        (np.ones(int(known.sum())), (item[known], order[known])),
        shape=(len(item_ids), int(order.max()) + 1 if len(order) else 0),
    )


def item_neighbours(
    knowledge: Knowledge, baskets: ArrowStream, *, n: int = NEIGHBOURS
) -> dict[str, sparse.csr_matrix]:
    """The most similar items of each item, by each method.

    Parameters
    ----------
    knowledge : Knowledge
    baskets : pyarrow.Table or stream
        As for `basket_matrix`.
    n : int
        Neighbours of an item by one method.

    Returns
    -------
    dict of method to scipy.sparse.csr_matrix of shape (items, items)
        Row i holds the neighbours of item i. Methods: cosine, jaccard and tfidf of who
        bought, bm25 of how often they did, rules (leverage in orders), content, and
        embedding when an item has one.

    Notes
    -----
    cosine, jaccard and tfidf count a customer once, however often they bought.
    """
    if not knowledge.items.num_rows:
        return {}
    customers = knowledge.bought().T.tocsr()
    repeated = knowledge.order_counts.T.tocsr()
    orders = basket_matrix(knowledge, baskets)
    found = {
        "cosine": neighbours_of_vectors(unit_rows(customers), n),
        "jaccard": neighbours_of_counts(customers, jaccard, n),
        "tfidf": neighbours_of_vectors(unit_rows(tfidf_weights(customers)), n),
        "bm25": neighbours_of_vectors(bm25_weights(repeated), n),
        "rules": neighbours_of_counts(orders, leverage_of(max(orders.shape[1], 1)), n),
        "content": neighbours_of_vectors(content_vectors(knowledge.items), n),
    }
    embedded = embedding_vectors(knowledge.items)
    if embedded.any():
        found["embedding"] = neighbours_of_dense(embedded, n)
    return found


def neighbour_table(
    knowledge: Knowledge, neighbours: dict[str, sparse.csr_matrix]
) -> pa.Table:
    """Neighbours as rows: `NEIGHBOUR_SCHEMA`, by method, item and rank."""
    item_ids = np.asarray(knowledge.items["item_id"].to_pylist(), dtype=object)
    parts = []
    for method, matrix in sorted(neighbours.items()):
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        parts.append(
            conform(
                {
                    "method": [method] * matrix.nnz,
                    "item_id": item_ids[rows],
                    "similar_item_id": item_ids[matrix.indices],
                    "similarity": matrix.data,
                    "rank": rank_within(rows),
                },
                NEIGHBOUR_SCHEMA,
                name="item neighbours",
            )
        )
    if not parts:
        return NEIGHBOUR_SCHEMA.empty_table()
    return pa.concat_tables(parts)


def neighbours_from_table(
    knowledge: Knowledge, table: pa.Table
) -> dict[str, sparse.csr_matrix]:
    """The matrices that `neighbour_table` was made of."""
    ids = knowledge.items["item_id"].combine_chunks()
    found = {}
    for method in sorted(set(table["method"].to_pylist())):
        rows = table.filter(pc.equal(table["method"], method))
        item = pc.index_in(rows["item_id"], value_set=ids).to_numpy()
        similar = pc.index_in(rows["similar_item_id"], value_set=ids).to_numpy()
        found[method] = sparse.csr_matrix(
            (rows["similarity"].to_numpy(), (item, similar)), shape=(len(ids), len(ids))
        )
    return found
