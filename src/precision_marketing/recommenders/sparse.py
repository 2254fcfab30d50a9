"""The largest entries of each row of a sparse matrix or product, with ties in order."""

import os

import numpy as np
from scipy import sparse
from sparse_dot_topn import sp_matmul_topn

# Entries kept beyond the n asked for: ties at the cut are then seen, and put in order.
TIE_MARGIN = 4
# Rows are independent, so the number of threads changes nothing but the time.
THREADS = os.cpu_count() or 1


def largest_of_rows(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """Keep the n largest entries of each row; of equal ones those of lower column.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix of shape (rows, columns)
    n : int

    Returns
    -------
    scipy.sparse.csr_matrix of the same shape
        Each row sorted from its largest entry down, of equal ones by column.
    """
    if not matrix.nnz:
        return sparse.csr_matrix(matrix.shape, dtype=matrix.dtype)
    lengths = np.diff(matrix.indptr)
    candidate = np.ones(matrix.nnz, dtype=bool)
    for row in np.flatnonzero(lengths > n):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        values = matrix.data[start:end]
        candidate[start:end] = values >= np.partition(values, -n)[-n]
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)[candidate]
    columns, values = matrix.indices[candidate], matrix.data[candidate]
    order = np.lexsort((columns, -values, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    kept = rank_within(rows) <= n
    counts = np.bincount(rows[kept], minlength=matrix.shape[0])
    return sparse.csr_matrix(
        (values[kept], columns[kept], np.concatenate(([0], np.cumsum(counts)))),
        shape=matrix.shape,
    )


def largest_of_product(
    left: sparse.csr_matrix, right: sparse.csr_matrix, n: int
) -> sparse.csr_matrix:
    """The n largest positive entries of each row of a product that is never stored.

    Parameters
    ----------
    left : scipy.sparse.csr_matrix of shape (rows, inner)
    right : scipy.sparse.csr_matrix of shape (inner, columns)
    n : int

    Returns
    -------
    scipy.sparse.csr_matrix of shape (rows, columns)
        As `largest_of_rows` of the positive entries of ``left @ right``.
    """
    shape = (left.shape[0], right.shape[1])
    if not (left.nnz and right.nnz):
        return sparse.csr_matrix(shape)
    wide = sp_matmul_topn(
        left, right, top_n=n + TIE_MARGIN, threshold=0.0, sort=True, n_threads=THREADS
    )
    top = _first_of_sorted_rows(wide, n)
    # A tie that fills the whole margin may go on beyond it, with lower columns there.
    full = np.flatnonzero(np.diff(wide.indptr) == n + TIE_MARGIN)
    first = wide.indptr[full]
    tied = full[wide.data[first + n - 1] == wide.data[first + n + TIE_MARGIN - 1]]
    if not len(tied):
        return top
    exact = (left[tied] @ right).tocsr()
    exact.data[exact.data <= 0] = 0
    exact.eliminate_zeros()
    untied = sparse.diags(np.isin(np.arange(shape[0]), tied, invert=True).astype(float))
    place = sparse.csr_matrix(
        (np.ones(len(tied)), (tied, np.arange(len(tied)))), shape=(shape[0], len(tied))
    )
    return largest_of_rows((untied @ top + place @ exact).tocsr(), n)


def _first_of_sorted_rows(matrix: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """The first n entries of falling rows, equal ones in order of column."""
    columns = matrix.indices.copy()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    follows = np.zeros(matrix.nnz, dtype=bool)
    follows[1:] = (matrix.data[1:] == matrix.data[:-1]) & (rows[1:] == rows[:-1])
    # Few entries are tied, and only those need sorting.
    tied = np.flatnonzero(follows | np.append(follows[1:], False))
    run = np.cumsum(~follows)[tied]
    columns[tied] = columns[tied][np.lexsort((columns[tied], run))]
    kept = rank_within(rows) <= n
    counts = np.bincount(rows[kept], minlength=matrix.shape[0])
    return sparse.csr_matrix(
        (matrix.data[kept], columns[kept], np.concatenate(([0], np.cumsum(counts)))),
        shape=matrix.shape,
    )


def rank_within(groups: np.ndarray) -> np.ndarray:
    """Rank from 1 of each element in its group, of groups that lie together."""
    if not len(groups):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))
    sizes = np.diff(np.append(starts, len(groups)))
    return np.arange(len(groups)) - np.repeat(starts, sizes) + 1
