"""What a shop knew on one day, as matrices of customers and items."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from precision_marketing.frames import require_columns, sorted_by

SECONDS_PER_DAY = 86_400.0

CUSTOMER_COLUMNS = ("customer_id", "country", "rfm_segment")
ITEM_COLUMNS = (
    "item_id",
    "item_name",
    "category",
    "brand",
    "description",
    "embedding",
    "unit_price",
    "customer_count",
    "customer_count_30d",
    "new_customer_count_30d",
    "is_recommendable",
)
PURCHASE_COLUMNS = (
    "customer_id",
    "item_id",
    "order_count",
    "first_ordered_at",
    "last_ordered_at",
)


class ArrowStream(Protocol):
    """What can be read as Arrow batches: a pyarrow Table, a DuckDB relation."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True)
class Knowledge:
    """Customers, items and purchases before one day.

    Attributes
    ----------
    as_of_date : datetime.date or None
        None when the shop had no order by then; everything else is then empty.
    customers : pyarrow.Table
        Sorted by customer_id; row u of the matrices.
    items : pyarrow.Table
        Sorted by customer_count from the largest down, then item_id; column i of the
        matrices. So a tie that is broken by column is won by the more popular item.
    order_counts : scipy.sparse.csr_matrix of shape (customers, items)
        Orders of the item by the customer.
    age_days : numpy.ndarray of shape (order_counts.nnz,)
        Days from the last of these orders to as_of_date, in the order of
        `order_counts.data`.
    span_days : numpy.ndarray of shape (order_counts.nnz,)
        Days from the first of these orders to the last.
    """

    as_of_date: date | None
    customers: pa.Table
    items: pa.Table
    order_counts: sparse.csr_matrix
    age_days: np.ndarray
    span_days: np.ndarray

    def item_numbers(self, column: str) -> np.ndarray:
        """A numeric column of the items as float64; null is NaN."""
        return self.items[column].cast(pa.float64()).to_numpy()

    @property
    def is_recommendable(self) -> np.ndarray:
        """Whether each item may be recommended."""
        return self.items["is_recommendable"].to_numpy().astype(bool)

    def bought(self, values: np.ndarray | float = 1.0) -> sparse.csr_matrix:
        """A matrix with the purchases' places and other values."""
        counts = self.order_counts
        data = np.broadcast_to(np.asarray(values, dtype=np.float64), counts.data.shape)
        return sparse.csr_matrix(
            (data.copy(), counts.indices, counts.indptr), shape=counts.shape
        )


def know(
    *,
    calendar: ArrowStream,
    customers: ArrowStream,
    items: ArrowStream,
    purchases: ArrowStream,
) -> Knowledge:
    """Put what was known on the day of one fold into matrices.

    Parameters
    ----------
    calendar : pyarrow.Table, or anything else that streams Arrow
        as_of_date: one row, or none when nothing was known.
    customers : pyarrow.Table or stream
        `CUSTOMER_COLUMNS`, one row per customer with a purchase.
    items : pyarrow.Table or stream
        `ITEM_COLUMNS`, one row per item.
    purchases : pyarrow.Table or stream
        `PURCHASE_COLUMNS`, one row per customer and item, in any order. Batches are
        read one after another, so that the ids are never all in memory as text.

    Returns
    -------
    Knowledge

    Raises
    ------
    ValueError
        When a column is missing, a key repeats, a purchase names a customer or an item
        that the other tables lack, or lies on as_of_date or later.
    """
    calendar, customers, items = map(read_all, (calendar, customers, items))
    require_columns(calendar, ["as_of_date"], name="calendar")
    require_columns(customers, CUSTOMER_COLUMNS, name="customers")
    require_columns(items, ITEM_COLUMNS, name="items")
    days = calendar["as_of_date"].to_pylist()
    if len(days) > 1:
        raise ValueError(
            f"calendar: expected one fold, got {len(days)}; filter by fold"
        )
    customers = sorted_by(customers.select(CUSTOMER_COLUMNS), ["customer_id"])
    items = sorted_by(items.select(ITEM_COLUMNS), ["item_id"], name="items")
    # Stable, and so of equally popular items the first by id stays first.
    by_popularity = np.argsort(
        -items["customer_count"].cast(pa.float64()).to_numpy(), kind="stable"
    )
    items = items.take(pa.array(by_popularity))

    midnight = (
        _as_seconds(datetime.combine(days[0], datetime.min.time())) if days else 0
    )
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("row", "column", "orders", "age", "span")
    }
    for batch in pa.RecordBatchReader.from_stream(purchases):
        last = _seconds(batch.column("last_ordered_at"))
        first = _seconds(batch.column("first_ordered_at"))
        orders = batch.column("order_count").cast(pa.float64()).to_numpy()
        parts["row"].append(_positions(batch, "customer_id", customers))
        parts["column"].append(_positions(batch, "item_id", items))
        # Copied: a view would keep alive what else the batch was made of.
        parts["orders"].append(orders.copy())
        parts["age"].append((midnight - last) / SECONDS_PER_DAY)
        parts["span"].append((last - first) / SECONDS_PER_DAY)
    # The ids were text, more of it than all that is left.
    pa.default_memory_pool().release_unused()
    row, column = _joined(parts.pop("row")), _joined(parts.pop("column"))
    order = np.lexsort((column, row)).astype(np.int32)
    row, column = row[order], column[order]
    if np.any((np.diff(row) == 0) & (np.diff(column) == 0)):
        raise ValueError(
            "purchases: (customer_id, item_id) must identify a row; filter by fold"
        )
    counts = np.bincount(row, minlength=customers.num_rows)
    del row
    # One after another, so that few copies are in memory together.
    values = {name: _joined(parts.pop(name))[order] for name in tuple(parts)}
    if np.any(values["age"] <= 0):
        raise ValueError(
            "purchases: all must lie before as_of_date, or lists would know the "
            f"future; got {int(np.sum(values['age'] <= 0))} later ones. Filter by fold"
        )
    return Knowledge(
        as_of_date=days[0] if days else None,
        customers=customers,
        items=items,
        order_counts=sparse.csr_matrix(
            (values["orders"], column, np.concatenate(([0], np.cumsum(counts)))),
            shape=(customers.num_rows, items.num_rows),
        ),
        age_days=values["age"],
        span_days=values["span"],
    )


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Arrays as one; they are given up."""
    joined = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
    parts.clear()
    return joined


def read_all(stream: ArrowStream) -> pa.Table:
    """A stream as a table."""
    return pa.RecordBatchReader.from_stream(stream).read_all()


def _positions(batch: pa.RecordBatch, key: str, table: pa.Table) -> np.ndarray:
    """Where each key of a batch stands in a table."""
    found = pc.index_in(batch.column(key), value_set=table[key].combine_chunks())
    if found.null_count:
        raise ValueError(
            f"purchases: {found.null_count} values of {key} are missing from the table "
            "of customers or items. Filter all three by the same fold"
        )
    return found.to_numpy().copy()


def _seconds(times: pa.Array) -> np.ndarray:
    """Whole seconds since 1970 of timestamps, cut as SQL counts them."""
    microseconds = times.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    return np.floor(microseconds / 1e6)


def _as_seconds(moment: datetime) -> float:
    return (moment - datetime(1970, 1, 1)).total_seconds()
