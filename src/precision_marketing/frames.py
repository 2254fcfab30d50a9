"""Arrow tables in, checked and ordered; Arrow tables out, with exact types.

What every fit in this library shares: check the columns, sort by key, turn decimals
into a float64 matrix, give the output an explicit schema, and name a result by a hash
of its content.
"""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import OpenBLASController, ThreadpoolController

# Sums over many rows differ in their last digits between thread counts and machines;
# twelve digits are the same everywhere and still tell any two real fits apart.
SIGNIFICANT_DIGITS = 12
HASH_HEX_DIGITS = 16
# Below this a power of ten needed for the rounding would overflow a double.
SMALLEST_HASHED_MAGNITUDE = 1e-290


def require_columns(table: pa.Table, columns: Sequence[str], *, name: str) -> None:
    """Raise one error that lists every column a table lacks.

    Parameters
    ----------
    table : pyarrow.Table
    columns : sequence of str
        Columns that must be there.
    name : str
        What the caller calls this table, for the message.

    Raises
    ------
    ValueError
        When a column is missing; the message says what was found.
    TypeError
        When `table` is not a pyarrow Table.
    """
    if not isinstance(table, pa.Table):
        raise TypeError(
            f"{name}: expected a pyarrow Table, got {type(table).__name__}; "
            "pass relation.to_arrow_table()"
        )
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise ValueError(
            f"{name}: missing columns {missing}; found {table.column_names}. "
            "Select them in the model that feeds this one"
        )


def rows_where(relation, values: Mapping[str, str]) -> pa.Table:
    """Rows of a DuckDB relation whose text columns have given values.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        As from `dbt.ref`.
    values : mapping of column to text

    Returns
    -------
    pyarrow.Table
        In no particular order.
    """
    quoted = {name: value.replace("'", "''") for name, value in values.items()}
    wanted = " and ".join(f"{name} = '{value}'" for name, value in quoted.items())
    return relation.filter(wanted).to_arrow_table()


def conform(
    data: pa.Table | Mapping[str, object], schema: pa.Schema, *, name: str
) -> pa.Table:
    """Give a result exactly the columns, order and types of a schema.

    Parameters
    ----------
    data : pyarrow.Table or mapping of column name to values
        Values may be lists, numpy arrays or Arrow arrays, all of one length.
    schema : pyarrow.Schema
    name : str
        What the result is, for the message.

    Returns
    -------
    pyarrow.Table
        With `schema`, also at 0 rows.

    Raises
    ------
    ValueError
        When a column is missing or not in the schema.
    """
    found = list(data.column_names if isinstance(data, pa.Table) else data)
    missing = [column for column in schema.names if column not in found]
    extra = [column for column in found if column not in schema.names]
    if missing or extra:
        raise ValueError(
            f"{name}: expected columns {schema.names}; missing {missing}, "
            f"not expected {extra}. Change the result or its schema"
        )
    columns = []
    for field in schema:
        values = data[field.name]
        if isinstance(values, pa.Array | pa.ChunkedArray):
            columns.append(values.cast(field.type))
        else:
            columns.append(pa.array(values, type=field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def sorted_by(table: pa.Table, keys: Sequence[str], *, name: str = "table") -> pa.Table:
    """Sort a table by its key, after checking that it is one.

    Parameters
    ----------
    table : pyarrow.Table
        In any row order.
    keys : sequence of str
        Columns that together identify a row.
    name : str
        What the caller calls this table, for the message.

    Returns
    -------
    pyarrow.Table
        The same rows, in ascending order of `keys`.

    Raises
    ------
    ValueError
        When a key column is missing or null, or a key appears twice.
    """
    require_columns(table, keys, name=name)
    for key in keys:
        nulls = table[key].null_count
        if nulls:
            raise ValueError(
                f"{name}: key column {key!r} must not be null, got {nulls} nulls; "
                "filter them out upstream"
            )
    if table.num_rows < 2:
        return table
    order = pc.sort_indices(table, sort_keys=[(key, "ascending") for key in keys])
    ordered = table.take(order).combine_chunks()
    repeated = None
    for key in keys:
        column = ordered[key]
        same = pc.equal(column.slice(1), column.slice(0, len(column) - 1))
        repeated = same if repeated is None else pc.and_(repeated, same)
    count = pc.sum(repeated).as_py() if repeated is not None else 0
    if count:
        raise ValueError(
            f"{name}: {list(keys)} must identify a row, got {count} repeated keys; "
            "aggregate to one row per key first"
        )
    return ordered


def to_matrix(
    table: pa.Table,
    columns: Sequence[str],
    *,
    name: str = "table",
    allow_missing: bool = False,
) -> np.ndarray:
    """Numeric, decimal or boolean columns as one float64 matrix.

    Parameters
    ----------
    table : pyarrow.Table
    columns : sequence of str
        Length d.
    name : str
        What the caller calls this table, for the message.
    allow_missing : bool, default False
        True turns null into NaN; False makes null, NaN and infinity an error.

    Returns
    -------
    numpy.ndarray of shape (n, d), float64, C order

    Raises
    ------
    ValueError
        When a column is missing, is not a number, or holds a value that is not
        finite; the message gives each column with its count.
    """
    require_columns(table, columns, name=name)
    matrix = np.empty((table.num_rows, len(columns)), dtype=np.float64)
    unusable = {}
    for position, column in enumerate(columns):
        values = table[column]
        kind = values.type
        if not (is_number(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)):
            raise ValueError(
                f"{name}: column {column!r} must be a number, got {kind}; "
                "cast or encode it upstream"
            )
        numbers = values.cast(pa.float64()).to_numpy()
        matrix[:, position] = numbers
        if not allow_missing:
            count = int(np.count_nonzero(~np.isfinite(numbers)))
            if count:
                unusable[column] = count
    if unusable:
        listed = ", ".join(f"{column} ({count})" for column, count in unusable.items())
        raise ValueError(
            f"{name}: features must be finite; null, NaN or infinite values in "
            f"{listed}. Fill them upstream, or add a missing flag as a feature"
        )
    return matrix


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type is an integer, a float or a decimal."""
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    )


def key_fields(table: pa.Table, keys: Sequence[str]) -> list[pa.Field]:
    """Schema fields of the key columns, with the types they arrived in."""
    return [pa.field(key, table.schema.field(key).type) for key in keys]


def hash_order(table: pa.Table, keys: Sequence[str]) -> np.ndarray:
    """Row positions in an order that is random, yet a function of the keys alone.

    The first m rows in this order are a simple random sample that does not depend on
    how the table was stored, and that changes little when customers are added.

    Parameters
    ----------
    table : pyarrow.Table
        n rows, already sorted by `keys`, so that equal hashes stay in key order.
    keys : sequence of str

    Returns
    -------
    numpy.ndarray of shape (n,), int64

    Notes
    -----
    Ascending sha256 of the key columns as text, joined by '|'. For one text key this
    is SQL's ``order by sha256(customer_id)``.
    """
    if table.num_rows == 0:
        return np.empty(0, dtype=np.int64)
    texts = [table[key].cast(pa.string()).to_pylist() for key in keys]
    joined = texts[0] if len(texts) == 1 else map("|".join, zip(*texts, strict=True))
    # Eight bytes of the digest order a billion rows with a few ties at most.
    prefixes = b"".join(hashlib.sha256(t.encode()).digest()[:8] for t in joined)
    return np.argsort(np.frombuffer(prefixes, dtype=">u8"), kind="stable")


def content_hash(parts: Mapping[str, object]) -> str:
    """Name a result by what it contains.

    Parameters
    ----------
    parts : mapping of name to value
        A value is None, text, a number, a date, an array of numbers, or a sequence
        of these. The order of the names has no influence; that of the rows has.

    Returns
    -------
    str
        16 hexadecimal digits of sha256.

    Raises
    ------
    TypeError
        When a value has a type that has no fixed form.

    Notes
    -----
    Numbers count to 12 significant digits, so a hash survives the last digits of a
    sum. Integers and floats of equal value hash alike; every value is written with
    its kind and length, so no two different contents share a text.
    """
    digest = hashlib.sha256()
    for name in sorted(parts):
        _feed(digest, name)
        _feed(digest, parts[name])
    return digest.hexdigest()[:HASH_HEX_DIGITS]


def _feed(digest, value: object) -> None:
    """Add one value to a digest, with its kind and length before it."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        mantissa, exponent = _rounded(value)
        digest.update(b"a%d:" % value.ndim)
        digest.update(",".join(map(str, value.shape)).encode() + b";")
        digest.update(mantissa.astype("<i8").tobytes())
        digest.update(exponent.astype("<i2").tobytes())
    elif value is None:
        digest.update(b"n;")
    elif isinstance(value, str):
        encoded = value.encode()
        digest.update(b"s%d:" % len(encoded) + encoded)
    elif isinstance(value, bool | int | float | np.number | np.bool_):
        _feed(digest, np.asarray(value, dtype=np.float64))
    elif isinstance(value, date | datetime):
        digest.update(b"d" + value.isoformat().encode() + b";")
    elif isinstance(value, list | tuple | np.ndarray):
        if all(isinstance(item, str) for item in value):
            lengths = ",".join(str(len(item)) for item in value)
            digest.update(b"t%d:" % len(value) + lengths.encode() + b";")
            digest.update("".join(value).encode())
            return
        digest.update(b"l%d:" % len(value))
        for item in value:
            _feed(digest, item)
    else:
        raise TypeError(
            f"content_hash: expected None, text, numbers, dates or sequences of these, "
            f"got {type(value).__name__}; convert it to one of them"
        )


def _rounded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integer mantissa of 12 digits and decimal exponent of each number."""
    numbers = np.asarray(values, dtype=np.float64).ravel()
    magnitude = np.abs(numbers)
    regular = np.isfinite(numbers) & (magnitude >= SMALLEST_HASHED_MAGNITUDE)
    safe = np.where(regular, numbers, 1.0)
    exponent = np.floor(np.log10(np.abs(safe))).astype(np.int64)
    # Two steps: one power of ten would overflow for very small numbers.
    scaled = safe * np.power(10.0, -exponent)
    mantissa = np.rint(scaled * 10.0 ** (SIGNIFICANT_DIGITS - 1)).astype(np.int64)
    limit = 10**SIGNIFICANT_DIGITS
    carried = np.abs(mantissa) >= limit
    mantissa = np.where(carried, mantissa // 10, mantissa)
    exponent = np.where(carried, exponent + 1, exponent)
    # log10 may land one below an exact power of ten; bring both forms together.
    short = np.abs(mantissa) < limit // 10
    mantissa = np.where(short, mantissa * 10, mantissa)
    exponent = np.where(short, exponent - 1, exponent)
    special = np.select(
        [np.isnan(numbers), np.isposinf(numbers), np.isneginf(numbers)], [1, 2, 3], 0
    )
    return np.where(regular, mantissa, special), np.where(regular, exponent, 0)


def at_least(name: str, value: float, minimum: float, remedy: str) -> None:
    """Raise when a parameter is below its smallest allowed value."""
    if not value >= minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value!r}; {remedy}")


_BLAS_LOCK = threading.Lock()
_blas_users = 0
# By the path of the library, since one may be loaded while another is limited.
_blas_limits = {}


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenMP and BLAS to one thread, so that a sum has one order.

    sklearn's KMeans adds up its threads' partial sums in the order they finish, so
    two runs differ in the last digits. dbt runs models in threads of one process and
    the BLAS limit belongs to the process: the first to enter with a library sets its
    limit, the last to leave restores them all. OpenMP's limit belongs to each thread.
    """
    global _blas_users
    # Two selections: a limit, when lifted, restores every library it can see.
    libraries = ThreadpoolController()
    with _BLAS_LOCK:
        _own_blas()
        # numpy and scipy bring one each, and scipy may come after the first to enter.
        for library in libraries.select(user_api="blas").lib_controllers:
            if library.filepath not in _blas_limits:
                only = libraries.select(filepath=library.filepath)
                _blas_limits[library.filepath] = only.limit(limits=1)
        _blas_users += 1
    try:
        with libraries.select(user_api="openmp").limit(limits=1):
            yield
    finally:
        with _BLAS_LOCK:
            _blas_users -= 1
            if _blas_users == 0:
                _own_blas()
                for limit in _blas_limits.values():
                    limit.restore_original_limits()
                _blas_limits.clear()


def _own_blas() -> None:
    """Let this thread set OpenBLAS's limit, whichever thread did so before.

    threadpoolctl 3.8 keeps the limit to the thread that first set it, as long as that
    lives, and silently does nothing in others; here all threads want the same limit.
    """
    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
