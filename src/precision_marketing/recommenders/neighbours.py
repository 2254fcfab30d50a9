"""The most similar items of each item in a shop, by each method, as rows and back."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from precision_marketing.frames import conform
from precision_marketing.recommenders.content import content_vectors, embedding_vectors
from precision_marketing.recommenders.knowledge import ArrowStream, Knowledge
from precision_marketing.recommenders.similarities import (
    bm25_weights,
    jaccard,
    leverage_of,
    neighbours_of_counts,
    neighbours_of_dense,
    neighbours_of_vectors,
    tfidf_weights,
    unit_rows,
)
from precision_marketing.recommenders.sparse import rank_within

NEIGHBOURS = 50

NEIGHBOUR_SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("item_id", pa.string()),
        ("similar_item_id", pa.string()),
        ("similarity", pa.float64()),
        ("rank", pa.int32()),
    ]
)


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
        orders.append(known.column("order_number").cast(pa.int32()).to_numpy())
        found = pc.index_in(known.column("item_id"), value_set=item_ids)
        # An item that nobody may be shown is no neighbour either.
        items.append(found.fill_null(-1).to_numpy())
    order = np.concatenate(orders) if orders else np.empty(0, dtype=np.int32)
    item = np.concatenate(items) if items else np.empty(0, dtype=np.int32)
    del orders, items
    # Numbered anew by counting: a sort of the numbers would take more memory than all
    # else.
    is_order = np.bincount(order) > 0
    column = (np.cumsum(is_order) - 1).astype(np.int32)[order]
    is_known = item >= 0
    return sparse.csr_matrix(
        (np.ones(int(is_known.sum())), (item[is_known], column[is_known])),
        shape=(len(item_ids), int(is_order.sum())),
    )


def item_neighbours(
    knowledge: Knowledge,
    baskets: ArrowStream,
    *,
    n: int = NEIGHBOURS,
    least_content_similarity: float = 0.0,
) -> dict[str, sparse.csr_matrix]:
    """The most similar items of each item, by each method.

    Parameters
    ----------
    knowledge : Knowledge
    baskets : pyarrow.Table or stream
        As for `basket_matrix`.
    n : int
        Neighbours of an item by one method.
    least_content_similarity : float
        Items less similar than this are no neighbours by content or embedding (0 to 1).

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
    # The large matrices one after another, so that one alone is in memory.
    customers = knowledge.bought().T.tocsr()
    found = {
        "cosine": neighbours_of_vectors(unit_rows(customers), n),
        "jaccard": neighbours_of_counts(customers, jaccard, n),
        "tfidf": neighbours_of_vectors(unit_rows(tfidf_weights(customers)), n),
    }
    customers = knowledge.order_counts.T.tocsr()
    found["bm25"] = neighbours_of_vectors(bm25_weights(customers), n)
    del customers
    orders = basket_matrix(knowledge, baskets)
    found |= {
        "rules": neighbours_of_counts(orders, leverage_of(max(orders.shape[1], 1)), n),
        "content": neighbours_of_vectors(content_vectors(knowledge.items), n),
    }
    embedded = embedding_vectors(knowledge.items)
    if embedded.any():
        found["embedding"] = neighbours_of_dense(embedded, n)
    for method in found.keys() & {"content", "embedding"}:
        found[method].data[found[method].data < least_content_similarity] = 0.0
        found[method].eliminate_zeros()
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
    for method in sorted(pc.unique(table["method"]).to_pylist()):
        rows = table.filter(pc.equal(table["method"], method))
        item = pc.index_in(rows["item_id"], value_set=ids).to_numpy()
        similar = pc.index_in(rows["similar_item_id"], value_set=ids).to_numpy()
        found[method] = sparse.csr_matrix(
            (rows["similarity"].to_numpy(), (item, similar)), shape=(len(ids), len(ids))
        )
    return found
