"""The same work in pandas: vectorised, text as sorted categories.

Reads the raw order lines, writes lines, rejected, orders, facts and rfm as Parquet.
The rules and their order are those of the models.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from polars_peer import (
    BLANKS,
    CUTS,
    FUTURE_GAP_DAYS,
    FUTURE_MAX_SHARE,
    LINE_COLUMNS,
    LOOKUPS,
    OUTLIER_FENCE,
    TEXTS,
    WINDOW_DAYS,
    Clock,
)

FIRST_DATE = np.datetime64("1990-01-01")
LAST_DATE = np.datetime64("9999-12-31")
LAST_CODE = np.iinfo(np.int32).max  # stands for no category where the least is wanted


def read(path: Path) -> pd.DataFrame:
    """The raw lines with text as categories, which pandas groups and hashes by code."""
    schema = pq.read_schema(path)
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    table = pq.read_table(path, read_dictionary=texts).unify_dictionaries()
    return table.to_pandas(self_destruct=True)


def trimmed(column: pd.Series) -> pd.Series:
    """Without outer blanks, empty text as missing, categories in order."""
    texts = pd.Series(column.cat.categories).str.strip(BLANKS)
    texts = texts.where(texts != "")
    codes, categories = pd.factorize(texts, sort=True)
    return recoded(column, codes, categories)


def recoded(column: pd.Series, codes: np.ndarray, categories: pd.Index) -> pd.Series:
    """The column with each category replaced by another, -1 for none."""
    known = np.append(codes, -1)  # the code of a missing value is -1: the last
    return pd.Series(
        pd.Categorical.from_codes(known[column.cat.codes.to_numpy()], categories),
        index=column.index,
    )


def last_possible_date(days: pd.Series) -> np.datetime64:
    """The day before the first order after a long silence, if few lines follow it."""
    counts = days[days >= FIRST_DATE].value_counts().sort_index()
    silence = counts.index.to_series().diff().dt.days
    left = counts[::-1].cumsum()[::-1]
    is_lonely = (silence > FUTURE_GAP_DAYS) & (left <= FUTURE_MAX_SHARE * counts.sum())
    if not is_lonely.any():
        return LAST_DATE
    first = counts.index[is_lonely].min()
    return (first - pd.Timedelta(days=1)).to_datetime64()


def item_spellings(item_id: pd.Series) -> pd.DataFrame:
    """Each spelling of an item code with the usual one and whether it is a service."""
    codes = pd.read_csv(LOOKUPS / "pm_service_codes.csv")
    exact = codes.loc[codes["match_kind"] == "exact", "code"]
    prefixes = tuple(codes.loc[codes["match_kind"] == "prefix", "code"])
    spellings = pd.DataFrame({"spelling": item_id.cat.categories})
    counts = item_id.value_counts(sort=False)
    spellings["count"] = counts.reindex(item_id.cat.categories).to_numpy()
    spellings["text"] = spellings["spelling"].str.strip(BLANKS)
    spellings["key"] = spellings["text"].str.upper()
    usual = (
        spellings[spellings["key"] != ""]
        .sort_values(["key", "count", "spelling"], ascending=[True, False, True])
        .drop_duplicates("key")
        .set_index("key")["text"]
    )
    spellings["code"] = spellings["key"].map(usual)
    key = spellings["key"]
    return spellings.assign(is_service=key.isin(exact) | key.str.startswith(prefixes))


def judge(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accepted lines, typed; rejected rows with the reason and the raw values."""
    hashes = pd.util.hash_pandas_object(raw, index=False)
    is_repeated = hashes.duplicated().to_numpy()
    spellings = item_spellings(raw["item_id"])
    codes, items = pd.factorize(spellings["code"], sort=True)
    code = recoded(raw["item_id"], codes, items)
    place = raw["item_id"].cat.codes.to_numpy()
    service = np.append(spellings["is_service"].to_numpy(bool), False)[place]
    fixed = np.append((spellings["spelling"] != spellings["code"]).to_numpy(), False)
    lines = pd.DataFrame(
        {"row": np.arange(1, len(raw) + 1)}
        | {name: trimmed(raw[name]) for name in TEXTS}
        | {"item_id": code, "ordered_at": raw["ordered_at"]}
    )
    day = raw["ordered_at"].dt.normalize()
    quantity, price = raw["quantity"].astype("float64"), raw["unit_price"].round(4)
    rules = {
        "missing_order_id": lines["order_id"].isna(),
        "missing_item_id": code.isna(),
        "missing_ordered_at": day.isna(),
        "missing_quantity": quantity.isna(),
        "missing_unit_price": price.isna(),
        "impossible_date": day < FIRST_DATE,
        "future_date": day > last_possible_date(day),
        "exact_duplicate": is_repeated,
        "service_code": service,
        "write_off": (quantity < 0) & (price == 0),
        "negative_price": price < 0,
        "zero_quantity": quantity == 0,
        "zero_price": price == 0,
    }
    reason = np.zeros(len(raw), dtype=np.int8)
    for number, caught in reversed(list(enumerate(rules.values(), start=1))):
        reason[np.asarray(caught, dtype=bool)] = number

    marked_return = raw["is_return"].fillna(False).astype(bool)
    lines["is_return"] = marked_return | (quantity < 0)
    lines["quantity"] = quantity.mask(marked_return, -quantity.abs())
    lines["unit_price"] = price
    lines["discount_amount"] = raw["discount_amount"].abs().fillna(0).round(2)
    lines["unit_cost"] = raw["unit_cost"].round(4)
    lines["gross_amount"] = (lines["quantity"] * price).round(2)
    lines["net_amount"] = (
        lines["gross_amount"] - np.sign(lines["quantity"]) * lines["discount_amount"]
    ).round(2)
    lines["is_item_code_fixed"] = fixed[place]

    refused = reason > 0
    rejected = pd.DataFrame(
        {
            "raw_row_id": lines.loc[refused, "row"],
            "reason": np.array(["", *rules])[reason[refused]],
            "raw_values": raw[refused]
            .to_json(orient="records", lines=True, date_format="iso")
            .splitlines(),
        }
    )
    return lines[~refused], rejected


def outlier_bound(lines: pd.DataFrame, measure: str) -> float:
    """The value above which a sale's quantity or amount is an outlier."""
    values = lines.loc[~lines["is_return"] & (lines[measure] > 0), measure]
    first, third = values.quantile([0.25, 0.75], interpolation="inverted_cdf")
    spread = max(math.log(third) - math.log(first), math.log(2))
    return third * math.exp(OUTLIER_FENCE * spread)


def usual_label(lines: pd.DataFrame, label: str) -> pd.Series:
    """The most frequent name or category of each item."""
    counts = (
        lines[["item_id", label]]
        .value_counts(sort=False)
        .reset_index()
        .sort_values(["item_id", "count", label], ascending=[True, False, True])
        .drop_duplicates("item_id")
    )
    return counts.set_index("item_id")[label]


def return_matches(lines: pd.DataFrame) -> pd.DataFrame:
    """Which sale each returned unit came from: a stack of units per customer and item.

    Every sale or return moves the height of its stack; in the layer between two heights
    sales and returns take turns.
    """
    pair = pair_number(lines)
    returned = pair[lines["is_return"] & lines["customer_id"].notna()].unique()
    of_pairs = pair.isin(returned) & lines["customer_id"].notna()
    columns = ["row", "order_id", "customer_id", "ordered_at", "is_return", "quantity"]
    moves = lines.loc[of_pairs, columns].assign(
        pair=pair[of_pairs], line_id=lines.loc[of_pairs, "row"].astype(str)
    )
    moves = moves.sort_values(["pair", "ordered_at", "is_return", "line_id"])
    so_far = moves.groupby("pair")["quantity"].cumsum()
    lowest = so_far.groupby(moves["pair"]).cummin().clip(upper=0)
    height = so_far - lowest
    before = height.groupby(moves["pair"]).shift(1).fillna(0)
    moves["lower"] = np.minimum(height, before)
    moves["upper"] = np.maximum(height, before)
    moves["place"] = np.arange(len(moves))

    layers = pd.concat(
        moves[["pair", side]].set_axis(["pair", "bottom"], axis=1)
        for side in ("lower", "upper")
    )
    layers = layers.drop_duplicates().sort_values(["pair", "bottom"])
    layers["top"] = layers.groupby("pair")["bottom"].shift(-1)
    moved = moves.merge(layers, on="pair").query("lower <= bottom < upper")
    moved = moved.sort_values("place")
    sale = moved.groupby(["pair", "bottom"])[["row", "order_id"]].shift(1)
    moved = moved.assign(
        row_sale=sale["row"],
        sale_order_id=sale["order_id"],
        units=moved["top"] - moved["bottom"],
    )[moved["is_return"]]
    return moved.groupby(["row", "row_sale"], as_index=False).agg(
        sale_order_id=("sale_order_id", "first"),
        customer_id=("customer_id", "first"),
        quantity=("units", "sum"),
        returned_at=("ordered_at", "first"),
    )


def pair_number(lines: pd.DataFrame) -> pd.Series:
    """One number for each customer and item."""
    customer = lines["customer_id"].cat.codes.astype("int64")
    return customer * len(lines["item_id"].cat.categories) + lines["item_id"].cat.codes


def finish(lines: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Cleaned lines as they are written."""
    name = lines["item_id"].map(usual_label(lines, "item_name"))
    category = lines["item_id"].map(usual_label(lines, "category"))
    taken = pd.concat(matches.set_index(row)["quantity"] for row in ("row", "row_sale"))
    taken = taken.groupby(level=0).sum()
    quantity, net = lines["quantity"], lines["net_amount"]
    quantity_bound = outlier_bound(lines, "quantity")
    amount_bound = outlier_bound(lines, "net_amount")
    is_fixed = lines["item_name"].astype("str") != name.astype("str")
    return lines.assign(
        order_line_id=lines["row"].astype("str"),
        is_item_name_fixed=is_fixed & lines["item_name"].notna() & name.notna(),
        item_name=name,
        category=lines["category"].fillna(category),
        returned_quantity=lines["row"].map(taken).fillna(0),
        winsorised_net_amount=net.clip(upper=amount_bound).round(2),
        is_anonymous=lines["customer_id"].isna(),
        is_outlier=(quantity > quantity_bound) | (net > amount_bound),
    )[list(LINE_COLUMNS)]


def customer_orders(lines: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """One row per order, customer and is_return."""
    is_return, net = lines["is_return"], lines["net_amount"]
    sale = ~is_return
    # Half a cent goes up, as in SQL; numpy's own rounding goes to even.
    share = net * lines["returned_quantity"] / lines["quantity"]
    refund = (np.floor(share * 100 + 0.5) / 100).where(sale, 0)
    keys = ["order_id", "customer_id", "is_return"]

    def code(label: str) -> pd.Series:
        codes = lines[label].cat.codes.astype("int32")
        return codes.mask(codes < 0, LAST_CODE)

    orders = (
        pd.DataFrame(
            {
                **{key: lines[key] for key in keys},
                "line_count": 1,
                "item_count": lines["quantity"].where(sale, 0),
                "gross_revenue": lines["gross_amount"].where(sale, 0),
                "discount_amount": (lines["gross_amount"] - net).where(sale, 0),
                "returned_revenue": (-net).where(is_return, 0),
                "net_revenue": net,
                "winsorised_net_revenue": lines["winsorised_net_amount"],
                "refunded_amount": refund,
                "channel": code("channel"),
                "country": code("country"),
                "ordered_at": lines["ordered_at"],
                "last_line_at": lines["ordered_at"],
            }
        )
        .groupby(keys, observed=True, dropna=False, sort=False)
        .agg(
            dict.fromkeys(("line_count", "item_count"), "sum")
            | dict.fromkeys(
                (
                    "gross_revenue", "discount_amount", "returned_revenue",
                    "net_revenue", "winsorised_net_revenue", "refunded_amount",
                ),
                "sum",
            )
            | dict.fromkeys(("channel", "country", "ordered_at"), "min")
            | {"last_line_at": "max"}
        )
        .reset_index()
    )  # fmt: skip
    for label in ("channel", "country"):
        codes = orders[label].replace(LAST_CODE, -1)
        orders[label] = pd.Categorical.from_codes(codes, lines[label].cat.categories)
    money = [name for name in orders if name.endswith(("_revenue", "_amount"))]
    orders[money] = orders[money].round(2)

    refunds = matches.groupby(["sale_order_id", "customer_id"], observed=True).agg(
        returned=("quantity", "sum"), last_returned_at=("returned_at", "max")
    )
    refunds = refunds.rename_axis(["order_id", "customer_id"]).reset_index()
    orders = orders.merge(refunds, on=["order_id", "customer_id"], how="left")
    last_line_at = orders.pop("last_line_at")
    orders["ordered_at"] = orders["ordered_at"].mask(orders["is_return"], last_line_at)
    is_back = ~orders["is_return"] & (orders.pop("returned") >= orders["item_count"])
    orders["fully_returned_at"] = orders.pop("last_returned_at").where(is_back)
    return orders


def customer_facts(
    lines: pd.DataFrame, orders: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """One row per customer."""
    sale = ~orders["is_return"]
    summed = (
        orders.assign(
            sale_at=orders["ordered_at"].where(sale),
            order_count=sale.astype("int64"),
            kept_order_count=orders["is_kept"].astype("int64"),
            return_order_count=orders["is_return"].astype("int64"),
        )
        .groupby("customer_id", observed=True, sort=False)
        .agg(
            first_order_at=("sale_at", "min"),
            last_order_at=("sale_at", "max"),
            **{
                name: (name, "sum")
                for name in (
                    "order_count", "kept_order_count", "return_order_count",
                    "item_count", "gross_revenue", "discount_amount",
                    "returned_revenue", "net_revenue",
                )
            },
        )
    )  # fmt: skip
    money = [name for name in summed if name.endswith(("_revenue", "_amount"))]
    summed[money] = summed[money].round(2)
    spent = (summed["gross_revenue"] - summed["discount_amount"]).round(2)
    average = 100 * (spent / summed["order_count"].where(summed["order_count"] > 0))
    summed["average_order_value"] = (
        np.copysign(np.floor(average.abs() + 0.5), average) / 100
    )
    summed["cohort_month"] = (
        summed["first_order_at"].to_numpy().astype("datetime64[M]").astype("M8[s]")
    )

    sequence = orders.loc[
        sale, ["customer_id", "ordered_at", "order_id", "channel", "country"]
    ].sort_values(["customer_id", "ordered_at", "order_id"])
    gap = sequence["ordered_at"].diff().dt.total_seconds() / 86_400
    is_first = ~sequence["customer_id"].duplicated()
    by_customer = gap.mask(is_first).groupby(sequence["customer_id"], observed=True)
    last = sequence.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    channels = sequence[["customer_id", "channel"]].dropna().drop_duplicates()
    summed = summed.assign(
        mean_order_gap_days=by_customer.mean(),
        order_gap_standard_deviation_days=by_customer.std(),
        longest_order_gap_days=by_customer.max(),
        channel_count=channels["customer_id"].value_counts(sort=False),
        last_channel=last["channel"],
        country=last["country"],
    )

    sold = lines[~lines["is_return"] & (lines["ordered_at"] < as_of)].dropna(
        subset=["customer_id", "category"]
    )
    categories = (
        sold.groupby(["customer_id", "category"], observed=True, sort=False)[
            "net_amount"
        ]
        .agg(["size", "sum"])
        .round(2)
        .reset_index()
        .sort_values(
            ["customer_id", "size", "sum", "category"],
            ascending=[True, False, False, True],
        )
    )
    favourite = categories.drop_duplicates("customer_id").set_index("customer_id")
    summed = summed.assign(
        category_count=categories["customer_id"].value_counts(sort=False),
        favourite_category=favourite["category"],
    )
    counts = ["category_count", "channel_count"]
    summed[counts] = summed[counts].fillna(0)
    return summed.reset_index()


def rfm_scores(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Recency, frequency, monetary, their scores and the segment."""
    in_window = orders["ordered_at"] >= as_of - pd.Timedelta(days=WINDOW_DAYS)
    kept = orders["is_kept"]
    measures = (
        orders.assign(
            kept_at=orders["ordered_at"].where(kept),
            lifetime_order_count=kept.astype("int64"),
            frequency=(kept & in_window).astype("int64"),
            monetary=orders["net_revenue"].where(in_window, 0),
        )
        .groupby("customer_id", observed=True, sort=False)
        .agg(
            last_order_at=("kept_at", "max"),
            lifetime_order_count=("lifetime_order_count", "sum"),
            frequency=("frequency", "sum"),
            monetary=("monetary", "sum"),
            lifetime_winsorised_net_revenue=("winsorised_net_revenue", "sum"),
        )
        .round({"monetary": 2, "lifetime_winsorised_net_revenue": 2})
        .reset_index()
    )
    measures = measures[measures["lifetime_order_count"] > 0]
    last_day = measures["last_order_at"].dt.normalize()
    measures["recency_days"] = (as_of - last_day).dt.days
    active = measures[measures["frequency"] > 0]

    def cuts_below(measure: str) -> pd.Series:
        cuts = active[measure].quantile([cut / 5 for cut in CUTS]).round(6)
        return pd.Series(
            np.searchsorted(cuts, measures[measure], side="left"), measures.index
        )

    measures["r_score"] = 5 - cuts_below("recency_days")
    measures["f_score"] = 1 + cuts_below("frequency")
    measures["m_score"] = 1 + cuts_below("monetary")
    mean_score = (measures["f_score"] + measures["m_score"] + 1) // 2
    measures["fm_score"] = mean_score.mask(
        measures["lifetime_order_count"] == 1, mean_score.clip(upper=1)
    )
    segments = pd.read_csv(LOOKUPS / "pm_rfm_segment_map.csv")
    return measures.merge(segments, on=["r_score", "fm_score"], how="left")


def build(path: Path, out: Path) -> dict[str, float]:
    """Do all of it; return the seconds of each step."""
    out.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    raw = read(path)
    clock.lap("read")
    lines, rejected = judge(raw)
    del raw
    rejected.to_parquet(out / "rejected.parquet", index=False)
    clock.lap("judge")
    matches = return_matches(lines)
    clock.lap("return_matches")
    lines = finish(lines, matches)
    clock.lap("lines")
    lines.to_parquet(out / "lines.parquet", index=False)
    clock.lap("write_lines")

    as_of = lines["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    orders = customer_orders(lines, matches)
    orders.to_parquet(out / "orders.parquet", index=False)
    clock.lap("orders")
    known = orders[orders["customer_id"].notna() & (orders["ordered_at"] < as_of)]
    returned_at = known["fully_returned_at"]
    known = known.assign(
        is_kept=~known["is_return"] & (returned_at.isna() | (returned_at >= as_of))
    )
    customer_facts(lines, known, as_of).to_parquet(out / "facts.parquet", index=False)
    clock.lap("facts")
    rfm_scores(known, as_of).to_parquet(out / "rfm.parquet", index=False)
    clock.lap("rfm")
    return clock.laps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parquet", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(json.dumps(build(given.parquet, given.out)))


if __name__ == "__main__":
    main()
