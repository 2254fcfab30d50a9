"""Returns and dirt: what turns clean lines into the raw input, and its exact truth.

Rejected kinds are extra rows: a copy of a clean line with one thing wrong. The clean
lines, and with them every planted parameter, stay as they are. Kept kinds (flags)
change a clean row in place. No row carries two kinds.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from types import ModuleType
from typing import Final

import numpy as np

from precision_marketing.demo import config as c
from precision_marketing.demo.catalog import Catalog
from precision_marketing.demo.orders import Orders
from precision_marketing.demo.people import People

# Rows per clean line. In the judging order of the cleaning rules.
REJECT_RATES: Final = {
    "missing_order_id": 0.0008,
    "missing_item_id": 0.0010,
    "missing_ordered_at": 0.0008,
    "invalid_ordered_at": 0.0006,
    "impossible_date": 0.0005,
    "future_date": 0.0006,
    "missing_quantity": 0.0008,
    "invalid_quantity": 0.0010,
    "missing_unit_price": 0.0008,
    "invalid_unit_price": 0.0010,
    "exact_duplicate": 0.0020,
    "service_code": 0.0024,
    "write_off": 0.0008,
    "negative_price": 0.0005,
    "zero_quantity": 0.0006,
    "zero_price": 0.0012,
}
TEXT_KINDS: Final = ("invalid_ordered_at", "invalid_quantity", "invalid_unit_price")
NO_NUMBER_KINDS: Final = (
    "missing_quantity",
    "invalid_quantity",
    "missing_unit_price",
    "invalid_unit_price",
)
FLAG_RATES: Final = {
    "item_code_variant": 0.0020,
    "item_name_variant": 0.0024,
    "outlier": 0.00025,
}
CANCELLATION_RATE: Final = 0.008  # whole orders per order
PARTIAL_RETURN_RATE: Final = 0.012  # lines per clean line
UNMATCHED_RETURN_RATE: Final = 0.0005  # lines per clean line

KINDS: Final = (
    "clean",
    *REJECT_RATES,
    "anonymous",
    "cancellation",
    "partial_return",
    "unmatched_return",
    *FLAG_RATES,
)
CODE: Final = {kind: code for code, kind in enumerate(KINDS)}
RETURN_KINDS: Final = ("cancellation", "partial_return", "unmatched_return")

SERVICE_CODES: Final = (
    "POST", "DOT", "M", "D", "C2", "BANK CHARGES", "S", "AMAZONFEE", "CRUK",
    "gift_0001_20", "post",
)  # fmt: skip
OUTLIER_QUANTITIES: Final = (1_000, 2_000, 5_000)
# Cheap items only, so that a handful of rows does not drown all other revenue.
OUTLIER_MAX_PRICE_CENTS: Final = 700
DAMAGED_UNITS_MAX: Final = 20

_EPOCH = dt.date(1970, 1, 1)
IMPOSSIBLE_SECONDS: Final = tuple(
    (d - _EPOCH).days * c.DAY_SECONDS
    for d in (dt.date(1899, 12, 30), dt.date(1, 1, 1), dt.date(1900, 1, 1))
)
FUTURE_SECONDS: Final = tuple(
    (d - _EPOCH).days * c.DAY_SECONDS + 36_000
    for d in (dt.date(2099, 1, 1), dt.date(2099, 6, 15), dt.date(2199, 12, 31))
)

# Prefix of the order id; the number behind it is that of the order concerned.
PREFIXES: Final = ("O", "CO", "RO", "WO", "AO")
PREFIX_MISSING: Final = -1


@dataclasses.dataclass(frozen=True)
class RawLines:
    """Raw order lines of one block as equally long arrays, in file order.

    Attributes
    ----------
    prefix : numpy.ndarray of int8
        Index into `PREFIXES`; -1 where order_id is blank.
    number : numpy.ndarray of int64
        Order number behind the prefix.
    order : numpy.ndarray of int64
        Index of the order the row belongs to or was copied from.
    person : numpy.ndarray of int64
        Index into the block's people; -1 where customer_id is blank.
    item : numpy.ndarray of int64
        Item number; items + k for service code k; -1 where item_id is blank.
    code_variant : numpy.ndarray of int8
        0 as is, 1 trailing blank, 2 leading blank, 3 lower case.
    name : numpy.ndarray of int64
        2 * item + (1 for the other name); beyond 2 * items the special names: one
        per service code, then per write-off reason, then the adjustment.
    quantity, price_cents, discount_cents, cost_cents : numpy.ndarray of int64
        Numbers; where `kind` says missing or invalid the file has no number.
    second : numpy.ndarray of int64
        Time in seconds since 1970-01-01.
    text : numpy.ndarray of int8
        Which of the bad texts an invalid_* row carries.
    kind : numpy.ndarray of int8
        Index into `KINDS`.
    source : numpy.ndarray of int64
        Position of the row that this one copies or returns; -1 without one.
    """

    prefix: np.ndarray
    number: np.ndarray
    order: np.ndarray
    person: np.ndarray
    item: np.ndarray
    code_variant: np.ndarray
    name: np.ndarray
    quantity: np.ndarray
    price_cents: np.ndarray
    discount_cents: np.ndarray
    cost_cents: np.ndarray
    second: np.ndarray
    text: np.ndarray
    kind: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)


def planned_rows(rate: float, rows: int) -> int:
    """Rows of a kind: the rate, but at least one so that small shops show each."""
    return max(1, round(rate * rows))


def make_raw_lines(
    config: c.DemoConfig,
    catalog: Catalog,
    people: People,
    orders: Orders,
    lines: dict[str, np.ndarray],
    block: int,
) -> RawLines:
    """Add returns, rejected rows and flags to the clean lines of a block.

    Parameters
    ----------
    config, catalog, people, orders, lines
        The block's clean content.
    block : int
        Block number; with the seed it decides everything drawn here.

    Returns
    -------
    RawLines
        Sorted by the time of the clean line a row stands for, so that most of the
        file is in time order; a copy follows its source.
    """
    rng = config.rng("dirt", block)
    text = _counts(config)
    n = len(lines["order"])
    base = {
        "prefix": np.zeros(n, dtype=np.int8),
        "number": orders.number[lines["order"]],
        "order": lines["order"],
        "person": orders.person[lines["order"]],
        "item": lines["item"],
        "code_variant": np.zeros(n, dtype=np.int8),
        "name": 2 * lines["item"],
        "quantity": lines["quantity"],
        "price_cents": lines["price_cents"],
        "discount_cents": lines["discount_cents"],
        "cost_cents": catalog.cost_cents[lines["item"]],
        "second": orders.second[lines["order"]],
        "text": np.zeros(n, dtype=np.int8),
        "kind": np.zeros(n, dtype=np.int8),
        "source": np.full(n, -1, dtype=np.int64),
    }
    base["kind"][base["person"] >= people.count] = CODE["anonymous"]
    base["person"] = np.where(base["person"] >= people.count, -1, base["person"])
    used = base["kind"] != CODE["clean"]
    parts = [base]
    parts += _returns(rng, config, orders, base, used)
    parts += _rejects(rng, catalog, base, used, text)
    _flags(rng, base, used)
    parts.append(_unmatched(rng, catalog, orders, base, used))

    # Sort key before the date is spoilt: the time of the source line.
    shown = np.concatenate(
        [
            part["second"]
            if k == 0 or part["kind"][:1].tolist() in _RETURN_CODES
            else base["second"][part["source"]]
            for k, part in enumerate(parts)
        ]
    )
    merged = {name: np.concatenate([p[name] for p in parts]) for name in base}
    order = np.lexsort((merged["order"], shown))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    merged = {name: values[order] for name, values in merged.items()}
    source = merged["source"]
    # A source is a clean line, so its position in the concatenation is its index.
    merged["source"] = np.where(source >= 0, position[source], -1)
    # Write-offs, adjustments and unmatched returns only borrow date and item.
    borrowed = ("write_off", "negative_price", "unmatched_return")
    merged["source"][has_kind(merged["kind"], borrowed)] = -1
    return RawLines(**merged)


_RETURN_CODES = [[CODE[kind]] for kind in RETURN_KINDS]


def _counts(config: c.DemoConfig) -> dict[str, float]:
    """Reject rates that apply under the dirt mode."""
    return {
        kind: rate
        for kind, rate in REJECT_RATES.items()
        if config.dirt == "text" or kind not in TEXT_KINDS
    }


def _copy(base: dict, rows: np.ndarray, kind: str) -> dict:
    """Copies of clean rows, marked with a kind and their source."""
    part = {name: values[rows] for name, values in base.items()}
    part["kind"] = np.full(len(rows), CODE[kind], dtype=np.int8)
    part["source"] = rows.astype(np.int64)
    return part


def _returns(rng, config, orders, base, used) -> list[dict]:
    """Whole-order cancellations and partial returns of undiscounted sales.

    Undiscounted, so that the refund (quantity * unit_price) is what was paid.
    """
    n_orders = len(orders.number)
    start = np.searchsorted(base["order"], np.arange(n_orders + 1))
    identified = base["person"][start[:-1]] >= 0
    # Cancelled within three days, returned within thirty, before the period ends.
    cancelled_at = orders.second + rng.integers(3_600, 3 * c.DAY_SECONDS, n_orders)
    returned_at = orders.second + rng.integers(
        3 * c.DAY_SECONDS, 30 * c.DAY_SECONDS, n_orders
    )
    able = identified & (orders.promotion == 0)

    can_cancel = np.flatnonzero(able & (cancelled_at < config.end_second))
    wanted = min(planned_rows(CANCELLATION_RATE, n_orders), len(can_cancel) // 2)
    cancelled = rng.choice(can_cancel, wanted, replace=False)
    is_cancelled = np.zeros(n_orders, dtype=bool)
    is_cancelled[cancelled] = True
    rows = np.flatnonzero(is_cancelled[base["order"]])
    cancellation = _copy(base, rows, "cancellation")
    cancellation["prefix"][:] = PREFIXES.index("CO")
    cancellation["quantity"] = -cancellation["quantity"]
    cancellation["second"] = cancelled_at[cancellation["order"]]

    can_return = np.flatnonzero(
        able & ~is_cancelled & (returned_at < config.end_second)
    )
    wanted = min(
        planned_rows(PARTIAL_RETURN_RATE, len(base["order"])), len(can_return) // 2
    )
    # At most one returned line an order, so that a return order has one time.
    chosen = rng.choice(can_return, wanted, replace=False)
    sizes = start[chosen + 1] - start[chosen]
    line = start[chosen] + (rng.random(len(chosen)) * sizes).astype(np.int64)
    partial = _copy(base, line, "partial_return")
    partial["prefix"][:] = PREFIXES.index("RO")
    units = 1 + (rng.random(len(line)) * partial["quantity"]).astype(np.int64)
    partial["quantity"] = -np.minimum(units, partial["quantity"])
    partial["second"] = returned_at[partial["order"]]
    used[rows] = True
    used[line] = True
    return [cancellation, partial]


def _take(rng, used, wanted: int, extra=None) -> np.ndarray:
    """Distinct unused clean rows, marked as used."""
    free = ~used if extra is None else ~used & extra
    pool = np.flatnonzero(free)
    rows = rng.choice(pool, min(wanted, len(pool)), replace=False)
    used[rows] = True
    return rows


def _rejects(rng, catalog, base, used, rates) -> list[dict]:
    """One part per rejected kind: copies with exactly one thing wrong."""
    n = len(base["order"])
    wanted = {kind: planned_rows(rate, n) for kind, rate in rates.items()}
    rows = _take(rng, used, sum(wanted.values()))
    parts = []
    for kind, count in wanted.items():
        chosen, rows = rows[:count], rows[count:]
        if kind == "exact_duplicate" and len(chosen) > 1:
            chosen[1] = chosen[0]  # one row stands three times in the file
        if kind == "service_code":
            # One a basket: two equal fees in one order would be duplicates.
            chosen = chosen[np.unique(base["order"][chosen], return_index=True)[1]]
        part = _copy(base, chosen, kind)
        _spoil(rng, catalog, part, kind)
        parts.append(part)
    return parts


def _spoil(rng, catalog, part: dict, kind: str) -> None:
    """Make the copies of a part wrong in the way of their kind."""
    size = len(part["kind"])
    cycle = np.arange(size)
    special = 2 * catalog.size  # first special name
    if kind == "missing_order_id":
        part["prefix"][:] = PREFIX_MISSING
    elif kind == "missing_item_id":
        part["item"] = np.full(size, -1)
    elif kind == "impossible_date":
        part["second"] = np.array(IMPOSSIBLE_SECONDS)[cycle % len(IMPOSSIBLE_SECONDS)]
    elif kind == "future_date":
        part["second"] = np.array(FUTURE_SECONDS)[cycle % len(FUTURE_SECONDS)]
    elif kind in TEXT_KINDS:
        part["text"] = (cycle % 5).astype(np.int8)  # five bad texts each
    elif kind == "service_code":
        code = cycle % len(SERVICE_CODES)
        part["item"] = catalog.size + code
        part["name"] = special + code
        part["quantity"] = np.ones(size, dtype=np.int64)
        part["price_cents"] = rng.integers(200, 2_000, size)
        part["discount_cents"] = np.zeros(size, dtype=np.int64)
        part["cost_cents"] = np.zeros(size, dtype=np.int64)
    elif kind == "write_off":
        part["prefix"][:] = PREFIXES.index("WO")
        part["person"] = np.full(size, -1)
        part["name"] = special + len(SERVICE_CODES) + cycle % 4
        part["quantity"] = -rng.integers(1, DAMAGED_UNITS_MAX + 1, size)
        part["price_cents"] = np.zeros(size, dtype=np.int64)
        part["discount_cents"] = np.zeros(size, dtype=np.int64)
    elif kind == "negative_price":
        part["prefix"][:] = PREFIXES.index("AO")
        part["person"] = np.full(size, -1)
        part["name"] = np.full(size, special + len(SERVICE_CODES) + 4)
        part["quantity"] = np.ones(size, dtype=np.int64)
        part["price_cents"] = -rng.integers(1_000, 20_000, size)
        part["discount_cents"] = np.zeros(size, dtype=np.int64)
    elif kind == "zero_quantity":
        part["quantity"] = np.zeros(size, dtype=np.int64)
        part["discount_cents"] = np.zeros(size, dtype=np.int64)
    elif kind == "zero_price":
        part["price_cents"] = np.zeros(size, dtype=np.int64)
        part["discount_cents"] = np.zeros(size, dtype=np.int64)


def _flags(rng, base, used) -> None:
    """Change clean rows in place: code variants, other names, absurd quantities."""
    n = len(base["order"])
    for kind, rate in FLAG_RATES.items():
        extra = None
        if kind == "outlier":
            extra = (base["price_cents"] <= OUTLIER_MAX_PRICE_CENTS) & (
                base["discount_cents"] == 0
            )
        rows = _take(rng, used, planned_rows(rate, n), extra)
        cycle = np.arange(len(rows))
        base["kind"][rows] = CODE[kind]
        if kind == "item_code_variant":
            base["code_variant"][rows] = 1 + cycle % 3
        elif kind == "item_name_variant":
            base["name"][rows] += 1
        else:
            base["quantity"][rows] = np.array(OUTLIER_QUANTITIES)[cycle % 3]


def _unmatched(rng, catalog, orders, base, used) -> dict:
    """Returns of items that the customer never bought, under new order numbers."""
    rows = _take(rng, used, planned_rows(UNMATCHED_RETURN_RATE, len(base["order"])))
    item = rng.integers(0, catalog.size, len(rows))
    # Binary search among the few wanted keys: linear in the lines, without hashing.
    wanted = base["person"][rows] * catalog.size + item
    ordered = np.sort(wanted)
    bought = base["person"] * catalog.size + base["item"]
    place = np.minimum(np.searchsorted(ordered, bought), max(len(ordered) - 1, 0))
    clash = bought[ordered[place] == bought] if len(ordered) else bought[:0]
    fits = ~np.isin(wanted, clash)
    rows, item = rows[fits], item[fits]
    part = _copy(base, rows, "unmatched_return")
    count = len(rows)
    part["prefix"][:] = PREFIXES.index("RO")
    # No order has these numbers: they follow the block's last one.
    part["number"] = orders.number[-1] + np.arange(1, count + 1)
    part["item"] = item
    part["name"] = 2 * item
    part["quantity"] = -rng.integers(1, 4, count)
    part["price_cents"] = catalog.price_cents[item]
    part["cost_cents"] = catalog.cost_cents[item]
    part["discount_cents"] = np.zeros(count, dtype=np.int64)
    return part


def has_kind(kind: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Rows whose kind is one of the names."""
    wanted = np.zeros(len(KINDS), dtype=bool)
    wanted[[CODE[name] for name in names]] = True
    return wanted[kind]


def _distinct(values: np.ndarray) -> int:
    """Number of distinct values; sorting beats numpy's hashing many times over."""
    ordered = np.sort(values)
    return int(len(ordered) > 0) + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def is_return(raw: RawLines) -> np.ndarray:
    """Rows that are cancellations or returns."""
    return has_kind(raw.kind, RETURN_KINDS)


def is_rejected(raw: RawLines) -> np.ndarray:
    """Rows that a cleaning rule rejects."""
    return (raw.kind >= 1) & (raw.kind <= len(REJECT_RATES))


def line_totals(raw: RawLines) -> dict[str, dict[str, int]]:
    """Exact totals of raw lines; totals of several blocks add up.

    Returns
    -------
    dict
        `rows` and `amount_cents` (sum of quantity * unit_price where both are
        numbers) per kind; `clean` holds what cleaning must arrive at, money in
        hundredths.
    """
    sized = raw.quantity * raw.price_cents
    sized = np.where(has_kind(raw.kind, NO_NUMBER_KINDS), 0, sized)
    rows = np.bincount(raw.kind, minlength=len(KINDS))
    amount = [int(sized[raw.kind == code].sum()) for code in range(len(KINDS))]
    accepted = ~is_rejected(raw)
    returned = is_return(raw)
    sale = accepted & ~returned
    net = raw.quantity * raw.price_cents - raw.discount_cents
    # Order numbers are unique per prefix, and blocks share no number.
    key = raw.number * len(PREFIXES) + raw.prefix
    return {
        "rows": {kind: int(rows[code]) for kind, code in CODE.items()},
        "amount_cents": {kind: amount[code] for kind, code in CODE.items()},
        "clean": {
            "raw_line_count": len(raw),
            "accepted_line_count": int(accepted.sum()),
            "rejected_line_count": int((~accepted).sum()),
            "sale_line_count": int(sale.sum()),
            "return_line_count": int(returned.sum()),
            "order_count": _distinct(key[accepted]),
            "sale_order_count": _distinct(key[sale]),
            "return_order_count": _distinct(key[returned]),
            "anonymous_order_count": _distinct(key[sale & (raw.person < 0)]),
            "customer_count": _distinct(raw.person[sale & (raw.person >= 0)]),
            "gross_revenue_cents": int(net[sale].sum()),
            "returned_revenue_cents": int(net[returned].sum()),
            "discount_cents": int(raw.discount_cents[accepted].sum()),
            "raw_amount_cents": int(sized.sum()),
        },
    }


def add_totals(left: dict, right: dict) -> dict:
    """Sum of two results of `line_totals`."""
    return {
        part: {name: left[part][name] + right[part][name] for name in left[part]}
        for part in left
    }


def bad_texts(text: ModuleType) -> dict[str, tuple[str, ...]]:
    """Texts that the invalid_* kinds carry in place of a value."""
    return {
        "invalid_ordered_at": text.BAD_DATES,
        "invalid_quantity": text.BAD_QUANTITIES,
        "invalid_unit_price": text.BAD_PRICES,
    }


def item_codes(catalog: Catalog) -> np.ndarray:
    """Item id texts by `item * 4 + code_variant`, then the service codes."""
    ids = catalog.item_ids
    variants = np.empty((len(ids), 4), dtype=object)
    for k, make in enumerate(
        (str, lambda x: x + " ", lambda x: " " + x, lambda x: x.lower())
    ):
        variants[:, k] = [make(i) for i in ids]
    return np.concatenate((variants.ravel(), np.array(SERVICE_CODES, dtype=object)))


def item_names(catalog: Catalog, text: ModuleType) -> np.ndarray:
    """Item name texts by `RawLines.name`."""
    names = np.empty((catalog.size, 2), dtype=object)
    names[:, 0] = catalog.names
    names[:, 1] = [text.NAME_VARIANT.format(name=name) for name in catalog.names]
    special = (
        *(text.SERVICE_NAMES[code] for code in SERVICE_CODES),
        *text.WRITE_OFF_NAMES,
        text.ADJUSTMENT_NAME,
    )
    return np.concatenate((names.ravel(), np.array(special, dtype=object)))


def item_code_index(raw: RawLines, catalog: Catalog) -> np.ndarray:
    """Index into `item_codes`; -1 where item_id is blank."""
    service = raw.item >= catalog.size
    index = np.where(
        service, raw.item + 3 * catalog.size, raw.item * 4 + raw.code_variant
    )
    return np.where(raw.item < 0, -1, index)


def category_index(raw: RawLines, catalog: Catalog) -> np.ndarray:
    """Category number; -1 for services and rows without an item."""
    known = (raw.item >= 0) & (raw.item < catalog.size)
    return np.where(known, catalog.category[np.where(known, raw.item, 0)], -1)
