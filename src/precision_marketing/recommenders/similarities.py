"""Which items are alike because the same customers or orders bought them.

The weights of cosine, TF-IDF and BM25 are those of the package implicit, so that its
scores can be asked whether ours are right.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from precision_marketing.frames import one_thread
from precision_marketing.recommenders.sparse import largest_of_product, largest_of_rows

# The usual constants of Okapi BM25: how soon a repeated purchase stops counting more,
# and how much an item's many purchases are held against it.
BM25_K1, BM25_B = 1.2, 0.75
# Pairs of items that are compared at once, where the full product is needed.
PAIRS_AT_ONCE = 2_000_000


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Scale each row to length 1; a row of zeros stays one."""
    sizes = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int32), sizes)
    squares = np.bincount(rows, weights=matrix.data**2, minlength=matrix.shape[0])
    lengths = np.sqrt(squares)
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return _with_data(matrix, matrix.data * np.repeat(inverse, sizes))


def _with_data(matrix: sparse.csr_matrix, data: np.ndarray) -> sparse.csr_matrix:
    """The same places with other values; the places are shared, not copied."""
    return sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


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
    return _with_data(items, np.sqrt(items.data) * _idf(items)[items.indices])


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
    if not items.nnz:
        return items
    orders = np.asarray(items.sum(axis=1)).ravel()
    norms = 1.0 - b + b * orders / orders.mean()
    norm = np.repeat(norms, np.diff(items.indptr))
    saturated = items.data * (k1 + 1.0) / (k1 * norm + items.data)
    return _with_data(items, saturated * _idf(items)[items.indices])


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
        for some in _blocks(len(vectors)):
            products = vectors[some] @ vectors.T
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
    for some in _blocks(vectors.shape[0]):
        together = (vectors[some] @ others).tocsr()
        rows = some.start + np.repeat(
            np.arange(together.shape[0]), np.diff(together.indptr)
        )
        together.data = measure(together.data, alone[rows], alone[together.indices])
        together.data[together.data <= 0] = 0
        together.eliminate_zeros()
        blocks.append(largest_of_rows(together, n + 1))
    if not blocks:
        return sparse.csr_matrix((0, 0))
    return _without_itself(sparse.vstack(blocks, format="csr"), n)


def _blocks(items: int) -> Iterator[slice]:
    """Rows to compare with all items together."""
    width = max(1, PAIRS_AT_ONCE // max(items, 1))
    for start in range(0, items, width):
        yield slice(start, start + width)


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
