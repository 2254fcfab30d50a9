"""The same work in polars: lazy, streaming, no row-by-row Python.

Reads the raw order lines, writes lines, rejected, facts and rfm as Parquet. The rules
and their order are those of the models; see bench/README.md for what counts as equal.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl

LOOKUPS = Path(__file__).resolve().parents[1] / "seeds" / "lookups"
FIRST_DATE = date(1990, 1, 1)  # pm_min_order_date
LAST_DATE = date(9999, 12, 31)
FUTURE_GAP_DAYS = 366  # pm_future_gap_days
FUTURE_MAX_SHARE = 0.01  # pm_future_max_share
OUTLIER_FENCE = 3  # pm_outlier_fence
WINDOW_DAYS = 365  # pm_rfm_window_days
CUTS = (1, 2, 3, 4)
# White space of every kind, as pm_trim takes it off.
BLANKS = " \t\n\f\r\u00a0\u3000\ufeff"
TEXTS = ("order_id", "customer_id", "item_name", "category", "channel", "country")
LINE_COLUMNS = (
    "order_line_id", "order_id", "customer_id", "item_id", "item_name", "category",
    "channel", "country", "quantity", "unit_price", "discount_amount", "unit_cost",
    "gross_amount", "net_amount", "winsorised_net_amount", "returned_quantity",
    "is_return", "is_anonymous", "is_outlier", "is_item_code_fixed",
    "is_item_name_fixed", "ordered_at",
)  # fmt: skip


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect(engine="streaming")


def trimmed(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars(BLANKS)
    return pl.when(text != "").then(text).alias(name)


def last_possible_date(raw: pl.LazyFrame) -> date:
    """The day before the first order after a long silence, if few lines follow it."""
    days = collect(
        raw.group_by(pl.col("ordered_at").dt.date().alias("day"))
        .len()
        .filter(pl.col("day") >= FIRST_DATE)
    ).sort("day")
    left = pl.col("len").cum_sum(reverse=True)
    lonely = days.filter(
        (pl.col("day").diff().dt.total_days() > FUTURE_GAP_DAYS)
        & (left <= FUTURE_MAX_SHARE * pl.col("len").sum())
    )["day"].min()
    return LAST_DATE if lonely is None else lonely - timedelta(days=1)


def item_spellings(raw: pl.LazyFrame) -> pl.DataFrame:
    """Each spelling of an item code with the usual one and whether it is a service."""
    codes = pl.read_csv(LOOKUPS / "pm_service_codes.csv")
    exact = codes.filter(pl.col("match_kind") == "exact")["code"]
    prefixes = codes.filter(pl.col("match_kind") == "prefix")["code"]
    key = pl.col("item_key")
    is_service = pl.any_horizontal(
        key.is_in(exact.implode()), *(key.str.starts_with(p) for p in prefixes)
    )
    return (
        collect(raw.group_by(spelling="item_id").len())
        .with_columns(text=pl.col("spelling").str.strip_chars(BLANKS))
        .with_columns(item_key=pl.col("text").str.to_uppercase())
        .filter(key != "")
        .sort("item_key", "len", "spelling", descending=[False, True, False])
        .select(
            "spelling",
            code=pl.col("text").first().over("item_key"),
            is_service=is_service,
        )
    )


def repeated_rows(raw: pl.LazyFrame, columns: list[str]) -> pl.DataFrame:
    """Hashes of raw rows that occur again, with the first row of each."""
    return collect(
        raw.select("row", hash=row_hash(columns))
        .group_by("hash")
        .agg(first_row=pl.col("row").min(), copies=pl.len())
        .filter(pl.col("copies") > 1)
        .select("hash", "first_row")
    )


def row_hash(columns: list[str]) -> pl.Expr:
    """A sum of hashes: half the time of hashing the columns as a struct."""
    hashes = (pl.col(name).hash(seed) for seed, name in enumerate(columns))
    return sum(hashes, pl.lit(0, pl.UInt64))


def judged_lines(path: Path) -> pl.LazyFrame:
    """Every raw row, typed, with the reason why it is rejected or null."""
    scan = pl.scan_parquet(path)
    columns = scan.collect_schema().names()
    raw = scan.with_row_index("row", offset=1)
    last_date = last_possible_date(raw)
    spellings = item_spellings(raw)
    repeated = repeated_rows(raw, columns)

    quantity, price, day = (
        pl.col("quantity"),
        pl.col("unit_price"),
        pl.col("ordered_at").dt.date(),
    )
    reason = pl.lit(None, pl.String)
    for name, caught in reversed(
        (
            ("missing_order_id", pl.col("order_id").is_null()),
            ("missing_item_id", pl.col("code").is_null()),
            ("missing_ordered_at", pl.col("ordered_at").is_null()),
            ("missing_quantity", quantity.is_null()),
            ("missing_unit_price", price.is_null()),
            ("impossible_date", day < FIRST_DATE),
            ("future_date", day > last_date),
            ("exact_duplicate", pl.col("row") > pl.col("first_row")),
            ("service_code", pl.col("is_service")),
            ("write_off", (quantity < 0) & (price == 0)),
            ("negative_price", price < 0),
            ("zero_quantity", quantity == 0),
            ("zero_price", price == 0),
        )
    ):
        reason = pl.when(caught).then(pl.lit(name)).otherwise(reason)

    is_return = pl.col("is_return").fill_null(False)
    signed = pl.when(is_return).then(-quantity.abs()).otherwise(quantity)
    discount = pl.col("discount_amount").abs().fill_null(0)
    return (
        raw.with_columns(hash=row_hash(columns))
        .with_columns(
            *(trimmed(name) for name in TEXTS),
            quantity=quantity.cast(pl.Float64),
            unit_price=price.round(4),
            discount_amount=pl.col("discount_amount").round(2),
            unit_cost=pl.col("unit_cost").round(4),
        )
        .join(
            spellings.lazy(),
            left_on="item_id",
            right_on="spelling",
            how="left",
        )
        .join(repeated.lazy(), on="hash", how="left")
        .with_columns(reason=reason)
        .with_columns(
            quantity=signed,
            discount_amount=discount,
            is_return=is_return | (quantity < 0),
            gross_amount=(signed * price).round(2),
        )
        .with_columns(
            net_amount=(
                pl.col("gross_amount") - pl.col("quantity").sign() * discount
            ).round(2),
            is_item_code_fixed=pl.col("item_id") != pl.col("code"),
            item_id=pl.col("code"),
        )
    )


def write_rejected(path: Path, rejected: pl.DataFrame, out: Path) -> None:
    """Rejected rows with their raw values as JSON, from a second look at the file."""
    raw = pl.scan_parquet(path)
    columns = raw.collect_schema().names()
    collect(
        raw.with_row_index("row", offset=1)
        .filter(pl.col("row").is_in(rejected["row"].implode()))
        .join(rejected.lazy(), on="row")
        .select(
            raw_row_id="row",
            reason="reason",
            raw_values=pl.struct(columns).struct.json_encode(),
        )
    ).write_parquet(out / "rejected.parquet")


def outlier_bound(lines: pl.DataFrame, measure: str) -> float:
    """The value above which a sale's quantity or amount is an outlier."""
    counts = (
        lines.lazy()
        .filter(~pl.col("is_return") & (pl.col(measure) > 0))
        .group_by(measure)
        .len()
        .collect(engine="streaming")
        .sort(measure)
        .with_columns(share=pl.col("len").cum_sum() / pl.col("len").sum())
    )
    first, third = (
        counts.filter(pl.col("share") >= q)[measure].min() for q in (0.25, 0.75)
    )
    spread = max(math.log(third) - math.log(first), math.log(2))
    return third * math.exp(OUTLIER_FENCE * spread)


def item_labels(lines: pl.DataFrame) -> pl.DataFrame:
    """The most frequent name and category of each item."""
    counts = collect(lines.lazy().group_by("item_id", "item_name", "category").len())

    def usual(label: str) -> pl.DataFrame:
        return (
            counts.drop_nulls(label)
            .group_by("item_id", label)
            .agg(pl.col("len").sum())
            .sort("item_id", "len", label, descending=[False, True, False])
            .unique("item_id", keep="first", maintain_order=True)
            .select("item_id", pl.col(label).alias(f"usual_{label}"))
        )

    names, categories = usual("item_name"), usual("category")
    return names.join(categories, on="item_id", how="full", coalesce=True)


def return_matches(lines: pl.DataFrame) -> pl.DataFrame:
    """Which sale each returned unit came from: a stack of units per customer and item.

    Every sale or return moves the height of its stack; in the layer between two heights
    sales and returns take turns.
    """
    keys = ["customer_id", "item_id"]
    pairs = lines.filter(pl.col("is_return") & pl.col("customer_id").is_not_null())
    so_far = pl.col("units").cum_sum().over(keys)
    moves = (
        lines.lazy()
        .select(
            "row", "order_id", *keys, "unit_price", "ordered_at", "is_return",
            units="quantity",
        )
        .join(pairs.lazy().select(keys).unique(), on=keys, how="semi")
        .with_columns(order_line_id=pl.col("row").cast(pl.String))
        .collect(engine="streaming")
        .sort(*keys, "ordered_at", "is_return", "order_line_id")
        .with_columns(
            height=so_far - pl.min_horizontal(0, so_far.cum_min().over(keys))
        )
        .with_columns(before=pl.col("height").shift(1).over(keys).fill_null(0))
        .with_columns(
            lower=pl.min_horizontal("height", "before"),
            upper=pl.max_horizontal("height", "before"),
        )
        .with_row_index("place")
    )  # fmt: skip
    layers = (
        pl.concat([moves.select(*keys, bottom=side) for side in ("lower", "upper")])
        .unique()
        .sort(*keys, "bottom")
        .with_columns(top=pl.col("bottom").shift(-1).over(keys))
    )
    layer = [*keys, "bottom"]
    return (
        moves.join(layers, on=keys)
        .filter(
            (pl.col("lower") <= pl.col("bottom")) & (pl.col("upper") > pl.col("bottom"))
        )
        .sort("place")
        .with_columns(
            row_sale=pl.col("row").shift(1).over(layer),
            sale_order_id=pl.col("order_id").shift(1).over(layer),
        )
        .filter("is_return")
        .group_by("row", "row_sale", "sale_order_id", "customer_id")
        .agg(
            quantity=(pl.col("top") - pl.col("bottom")).sum(),
            returned_at=pl.col("ordered_at").first(),
        )
    )


def finished_lines(
    lines: pl.DataFrame, items: pl.DataFrame, matches: pl.DataFrame
) -> pl.DataFrame:
    """Cleaned lines as they are written."""
    quantity_bound = outlier_bound(lines, "quantity")
    amount_bound = outlier_bound(lines, "net_amount")
    taken = (
        pl.concat(
            (
                matches.select("row", "quantity"),
                matches.select(row="row_sale", quantity="quantity"),
            )
        )
        .group_by("row")
        .agg(returned_quantity=pl.col("quantity").sum())
    )
    net = pl.col("net_amount")
    return collect(
        lines.lazy()
        .join(items.lazy(), on="item_id", how="left")
        .join(taken.lazy(), on="row", how="left")
        .with_columns(
            order_line_id=pl.col("row").cast(pl.String),
            is_item_name_fixed=(
                pl.col("item_name") != pl.col("usual_item_name")
            ).fill_null(False),
            item_name=pl.col("usual_item_name"),
            category=pl.coalesce("category", "usual_category"),
            returned_quantity=pl.col("returned_quantity").fill_null(0),
            winsorised_net_amount=pl.min_horizontal(net, amount_bound).round(2),
            is_anonymous=pl.col("customer_id").is_null(),
            is_outlier=(pl.col("quantity") > quantity_bound) | (net > amount_bound),
        )
        .select(LINE_COLUMNS)
    )


def customer_orders(lines: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """One row per order, customer and is_return."""
    is_return, net = pl.col("is_return"), pl.col("net_amount")
    sale = ~is_return
    refunded = matches.group_by("customer_id", order_id="sale_order_id").agg(
        order_returned_quantity=pl.col("quantity").sum(),
        last_returned_at=pl.col("returned_at").max(),
    )
    gross = pl.col("gross_amount")
    return collect(
        lines.lazy()
        .with_columns(
            sold=pl.when(sale).then(pl.col("quantity")).otherwise(0),
            gross=pl.when(sale).then(gross).otherwise(0),
            discount=pl.when(sale).then(gross - net).otherwise(0),
            returned=pl.when(is_return).then(-net).otherwise(0),
            refund=pl.when(sale & (pl.col("returned_quantity") > 0))
            .then(
                # Half a cent goes up, as in SQL; polars' own rounding goes to even.
                (
                    net * pl.col("returned_quantity") / pl.col("quantity") * 100 + 0.5
                ).floor()
                / 100
            )
            .otherwise(0),
        )
        .group_by("order_id", "customer_id", "is_return")
        .agg(
            line_count=pl.len(),
            item_count=pl.col("sold").sum(),
            gross_revenue=pl.col("gross").sum().round(2),
            discount_amount=pl.col("discount").sum().round(2),
            returned_revenue=pl.col("returned").sum().round(2),
            net_revenue=net.sum().round(2),
            winsorised_net_revenue=pl.col("winsorised_net_amount").sum().round(2),
            refunded_amount=pl.col("refund").sum().round(2),
            channel=pl.col("channel").min(),
            country=pl.col("country").min(),
            ordered_at=pl.col("ordered_at").min(),
            last_line_at=pl.col("ordered_at").max(),
        )
        .with_columns(
            ordered_at=pl.when(is_return)
            .then(pl.col("last_line_at"))
            .otherwise(pl.col("ordered_at"))
        )
        .drop("last_line_at")
        .join(refunded.lazy(), on=["order_id", "customer_id"], how="left")
        .with_columns(
            fully_returned_at=pl.when(
                ~is_return & (pl.col("order_returned_quantity") >= pl.col("item_count"))
            ).then(pl.col("last_returned_at"))
        )
        .drop("order_returned_quantity", "last_returned_at")
    )


def customer_facts(
    lines: pl.DataFrame, orders: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """One row per customer."""
    is_return = pl.col("is_return")
    sale = ~is_return
    summed = orders.lazy().group_by("customer_id").agg(
        first_order_at=pl.col("ordered_at").filter(sale).min(),
        last_order_at=pl.col("ordered_at").filter(sale).max(),
        order_count=sale.sum(),
        kept_order_count=pl.col("is_kept").sum(),
        return_order_count=is_return.sum(),
        item_count=pl.col("item_count").sum(),
        gross_revenue=pl.col("gross_revenue").sum().round(2),
        discount_amount=pl.col("discount_amount").sum().round(2),
        returned_revenue=pl.col("returned_revenue").sum().round(2),
        net_revenue=pl.col("net_revenue").sum().round(2),
    )  # fmt: skip
    in_sequence = (
        orders.lazy()
        .filter(sale)
        .select("customer_id", "ordered_at", "order_id", "channel", "country")
        .sort("customer_id", "ordered_at", "order_id")
        .with_columns(
            gap_days=pl.when(
                pl.col("customer_id") == pl.col("customer_id").shift(1)
            ).then(pl.col("ordered_at").diff().dt.total_microseconds() / 86_400e6)
        )
        .group_by("customer_id", maintain_order=True)
        .agg(
            mean_order_gap_days=pl.col("gap_days").mean(),
            order_gap_standard_deviation_days=pl.col("gap_days").std(),
            longest_order_gap_days=pl.col("gap_days").max(),
            channel_count=pl.col("channel").drop_nulls().n_unique(),
            last_channel=pl.col("channel").last(),
            country=pl.col("country").last(),
        )
    )
    categories = (
        lines.lazy()
        .filter(
            ~pl.col("is_return")
            & pl.col("customer_id").is_not_null()
            & pl.col("category").is_not_null()
            & (pl.col("ordered_at") < as_of)
        )
        .group_by("customer_id", "category")
        .agg(lines=pl.len(), revenue=pl.col("net_amount").sum().round(2))
        .sort(
            "customer_id", "lines", "revenue", "category",
            descending=[False, True, True, False],
        )
        .group_by("customer_id", maintain_order=True)
        .agg(category_count=pl.len(), favourite_category=pl.col("category").first())
    )  # fmt: skip
    return collect(
        summed.join(in_sequence, on="customer_id", how="left")
        .join(categories, on="customer_id", how="left")
        .with_columns(
            pl.col("category_count", "channel_count").fill_null(0),
            average_order_value=(
                100
                * (
                    (pl.col("gross_revenue") - pl.col("discount_amount")).round(2)
                    / pl.when(pl.col("order_count") > 0).then(pl.col("order_count"))
                )
            ).round(0, mode="half_away_from_zero")
            / 100,
            cohort_month=pl.col("first_order_at").dt.truncate("1mo").dt.date(),
        )
    )


def rfm_scores(orders: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Recency, frequency, monetary, their scores and the segment."""
    in_window = pl.col("ordered_at") >= as_of - timedelta(days=WINDOW_DAYS)
    kept = pl.col("is_kept")
    measures = (
        collect(
            orders.lazy()
            .group_by("customer_id")
            .agg(
                last_order_at=pl.col("ordered_at").filter(kept).max(),
                lifetime_order_count=kept.sum(),
                frequency=(kept & in_window).sum(),
                monetary=pl.col("net_revenue").filter(in_window).sum().round(2),
                lifetime_winsorised_net_revenue=pl.col("winsorised_net_revenue")
                .sum()
                .round(2),
            )
        )
        .filter(pl.col("lifetime_order_count") > 0)
        .with_columns(
            recency_days=(
                pl.lit(as_of) - pl.col("last_order_at").dt.date()
            ).dt.total_days()
        )
    )
    active = measures.filter(pl.col("frequency") > 0)

    def cuts_below(measure: str) -> pl.Expr:
        cuts = (round(active[measure].quantile(cut / 5, "linear"), 6) for cut in CUTS)
        return pl.sum_horizontal((pl.col(measure) > cut).cast(pl.Int32) for cut in cuts)

    mean_score = (pl.col("f_score") + pl.col("m_score") + 1) // 2
    segments = pl.read_csv(LOOKUPS / "pm_rfm_segment_map.csv").with_columns(
        pl.col("r_score", "fm_score").cast(pl.Int32)
    )
    return (
        measures.with_columns(
            r_score=5 - cuts_below("recency_days"),
            f_score=1 + cuts_below("frequency"),
            m_score=1 + cuts_below("monetary"),
        )
        .with_columns(
            fm_score=pl.when(pl.col("lifetime_order_count") == 1)
            .then(pl.min_horizontal(mean_score, 1))
            .otherwise(mean_score)
            .cast(pl.Int32)
        )
        .join(segments, on=["r_score", "fm_score"], how="left")
    )


def build(path: Path, out: Path) -> dict[str, float]:
    """Do all of it; return the seconds of each step."""
    out.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    judged = judged_lines(path)
    clock.lap("learn_from_raw")
    lines = collect(
        judged.select(
            "row", "order_id", "customer_id", "item_id", "item_name", "category",
            "channel", "country", "quantity", "unit_price", "discount_amount",
            "unit_cost", "gross_amount", "net_amount", "is_return",
            "is_item_code_fixed", "ordered_at", "reason",
        )
    )  # fmt: skip
    clock.lap("judge")
    is_rejected = pl.col("reason").is_not_null()
    write_rejected(path, lines.filter(is_rejected).select("row", "reason"), out)
    lines = lines.filter(~is_rejected).drop("reason")
    clock.lap("rejected")
    items = item_labels(lines)
    clock.lap("items")
    matches = return_matches(lines)
    clock.lap("return_matches")
    lines = finished_lines(lines, items, matches)
    clock.lap("lines")
    lines.write_parquet(out / "lines.parquet")
    clock.lap("write_lines")

    as_of = lines["ordered_at"].max().date() + timedelta(days=1)
    orders = customer_orders(lines, matches)
    orders.write_parquet(out / "orders.parquet")
    clock.lap("orders")
    returned_at = pl.col("fully_returned_at")
    known = orders.filter(
        pl.col("customer_id").is_not_null() & (pl.col("ordered_at") < as_of)
    ).with_columns(
        is_kept=~pl.col("is_return") & (returned_at >= as_of).fill_null(True)
    )
    customer_facts(lines, known, as_of).write_parquet(out / "facts.parquet")
    clock.lap("facts")
    rfm_scores(known, as_of).write_parquet(out / "rfm.parquet")
    clock.lap("rfm")
    return clock.laps


class Clock:
    """Seconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parquet", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(json.dumps(build(given.parquet, given.out)))


if __name__ == "__main__":
    main()
