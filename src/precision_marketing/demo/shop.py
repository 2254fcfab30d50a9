"""A whole demo shop in memory: every input and its planted truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa

from precision_marketing.demo import config as c
from precision_marketing.demo import dirt
from precision_marketing.demo.bulk import make_block, to_arrow
from precision_marketing.demo.catalog import Catalog, build_catalog, planted_pairs
from precision_marketing.demo.contacts import (
    make_consents,
    make_contacts,
    make_erasures,
)
from precision_marketing.demo.customers import make_customers
from precision_marketing.demo.events import make_events
from precision_marketing.demo.experiment import make_experiment
from precision_marketing.demo.people import expected_order_values
from precision_marketing.demo.reviews import make_reviews
from precision_marketing.demo.touchpoints import make_touchpoints

INPUTS = (
    "order_lines",
    "customers",
    "items",
    "events",
    "reviews",
    "touchpoints",
    "conversions",
    "contacts",
    "experiment_assignments",
    "experiment_outcomes",
    "consents",
    "erasures",
)
# Whole shops are held in memory and part of them is made row by row.
MAX_SHOP_CUSTOMERS = 200_000


@dataclasses.dataclass(frozen=True)
class Shop:
    """All inputs of a shop by name, truth tables by name, and the truth summary."""

    inputs: dict[str, pd.DataFrame]
    truth_tables: dict[str, pd.DataFrame]
    truth: dict


def make_shop(config: c.DemoConfig) -> Shop:
    """Make every input of a shop and its truth.

    Parameters
    ----------
    config : DemoConfig
        At most `MAX_SHOP_CUSTOMERS` customers; `bulk.write_order_lines` has no limit.

    Returns
    -------
    Shop

    Raises
    ------
    ValueError
        If the shop is too large for memory.
    """
    if config.customers > MAX_SHOP_CUSTOMERS:
        raise ValueError(
            f"customers must be {MAX_SHOP_CUSTOMERS} or fewer for a whole shop, got"
            f" {config.customers}: write order_lines only for more"
        )
    catalog = build_catalog(config)
    blocks = [
        _block_frames(config, catalog, block) for block in range(config.block_count)
    ]
    buyers = pd.concat([b[0] for b in blocks], ignore_index=True)
    rows = _stack_rows([b[1] for b in blocks])
    table = pa.concat_tables([b[2] for b in blocks])
    totals = blocks[0][3]
    for block in blocks[1:]:
        totals = dirt.add_totals(totals, block[3])
    # Blocks are sorted; a stable sort by time merges them and keeps copies behind
    # their sources.
    order = np.argsort(rows["sort_second"].to_numpy(), kind="stable")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    rows = rows.iloc[order].reset_index(drop=True)
    source = rows["source"].to_numpy()
    rows["source"] = np.where(source >= 0, position[source], -1)
    order_lines = table.take(pa.array(order)).to_pandas()

    sales = _sale_lines(rows)
    orders = (
        sales[sales["customer_id"].notna()]
        .groupby(["customer_id", "order_id"], as_index=False)
        .agg(second=("second", "first"), value=("net", "sum"))
        .sort_values(["customer_id", "second"], kind="stable")
        .assign(value=lambda x: x["value"].round(2))
    )
    buyers = _with_order_facts(buyers, orders)

    customers, customers_truth, absent = make_customers(config=config, buyers=buyers)
    buyers["is_in_customers"] = ~buyers["customer_id"].isin(absent)
    known = customers[customers["customer_id"].notna()].drop_duplicates("customer_id")
    reached = buyers[buyers["is_in_customers"]].reset_index(drop=True)
    events, events_truth = make_events(
        config=config, catalog=catalog, sales=sales, buyers=buyers
    )
    reviews, review_labels, reviews_truth = make_reviews(
        config=config, catalog=catalog, sales=sales
    )
    touchpoints, conversions, journey_truth = make_touchpoints(
        config=config, orders=orders
    )
    contacts, contacts_truth = make_contacts(config=config, buyers=reached)
    assignments, outcomes, experiment_truth = make_experiment(
        config=config, buyers=reached, orders=orders
    )
    consents, consents_truth = make_consents(config=config, customers=known)
    erasures, erasures_truth = make_erasures(config=config, customers=known)

    inputs = {
        "order_lines": order_lines,
        "customers": customers,
        "items": catalog.table,
        "events": events,
        "reviews": reviews,
        "touchpoints": touchpoints,
        "conversions": conversions,
        "contacts": contacts,
        "experiment_assignments": assignments,
        "experiment_outcomes": outcomes,
        "consents": consents,
        "erasures": erasures,
    }
    pairs = _observed_pairs(planted_pairs(catalog), sales, catalog)
    truth = {
        "arguments": arguments_truth(config),
        "row_counts": {name: len(frame) for name, frame in inputs.items()},
        "order_lines": {
            **order_lines_truth(totals),
            "first_ordered_at": str(rows["ordered_at"][rows["is_accepted"]].min()),
            "last_ordered_at": str(rows["ordered_at"][rows["is_accepted"]].max()),
        },
        "customers": customers_truth,
        "purchases": _purchase_truth(config, buyers),
        "spend": spend_truth(),
        "archetypes": _archetype_truth(buyers),
        "baskets": {
            **basket_truth(),
            "pair_count": len(pairs),
            "item_count": catalog.size,
        },
        "events": events_truth,
        "reviews": reviews_truth,
        "touchpoints": journey_truth,
        "contacts": contacts_truth,
        "experiment": experiment_truth,
        "consents": consents_truth,
        "erasures": erasures_truth,
    }
    return Shop(
        inputs=inputs,
        truth_tables={
            "customers": buyers.drop(
                columns=["is_frequent", "is_high_spend", "archetype_code"]
            ),
            "item_pairs": pairs,
            "items": pd.DataFrame(
                {
                    "item_id": catalog.item_ids,
                    "tier": np.array(("budget", "premium"), object)[catalog.tier],
                }
            ),
            "order_line_dirt": _dirt_rows(rows),
            "reviews": review_labels,
        },
        truth=truth,
    )


def _block_frames(config, catalog: Catalog, block: int):
    """Buyers, row facts, rendered rows and totals of one block."""
    people, orders, raw = make_block(config, catalog, block)
    n = people.count
    frequent = people.purchase_rate[:n] >= c.LAMBDA_CUT
    high = people.spend[:n] == 1
    code = 2 * frequent.astype(int) + high.astype(int)
    buyers = pd.DataFrame(
        {
            "customer_id": [
                f"U{k:0{config.customer_digits}d}" for k in people.number[:n]
            ],
            "lambda": people.purchase_rate[:n].round(9),
            "p": people.dropout[:n].round(9),
            "is_alive": orders.is_alive,
            "archetype": np.array(c.ARCHETYPES, object)[code],
            "rate_class": np.array(c.RATE_CLASSES, object)[frequent.astype(int)],
            "spend_class": np.array(c.SPEND_CLASSES, object)[high.astype(int)],
            "spend_factor": people.spend_factor[:n].round(6),
            "expected_order_value": expected_order_values(catalog, people)[:n].round(4),
            "favourite_category": catalog.categories[people.favourite_category[:n]],
            "favourite_channel": np.array(c.CHANNELS, object)[
                people.favourite_channel[:n]
            ],
            "repertoire": [
                " ".join(catalog.item_ids[r]) for r in people.repertoire[:n]
            ],
            "is_frequent": frequent,
            "is_high_spend": high,
            "archetype_code": code,
        }
    )
    identified = raw.person >= 0
    ids = buyers["customer_id"].to_numpy(object)
    customer = np.where(identified, ids[np.where(identified, raw.person, 0)], None)
    prefix = np.array((*dirt.PREFIXES, ""), object)[raw.prefix]
    accepted = ~dirt.is_rejected(raw)
    rows = pd.DataFrame(
        {
            "kind": np.array(dirt.KINDS, object)[raw.kind],
            "is_accepted": accepted,
            "is_return": dirt.is_return(raw),
            "order_id": [
                f"{p}{k:0{config.order_digits}d}" if p else None
                for p, k in zip(prefix, raw.number, strict=True)
            ],
            "customer_id": customer,
            "item": raw.item,
            "channel": np.array(c.CHANNELS, object)[orders.channel[raw.order]],
            "second": raw.second,
            "quantity": raw.quantity,
            "net": (raw.quantity * raw.price_cents - raw.discount_cents) / 100,
            "source": raw.source,
            "sort_second": np.where(accepted, raw.second, orders.second[raw.order]),
        }
    )
    rows["ordered_at"] = raw.second.astype("datetime64[s]")
    table = to_arrow(config, catalog, people, orders, raw)
    plain = pa.schema(
        [
            f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f
            for f in table.schema
        ]
    )
    return buyers, rows, table.cast(plain), dirt.line_totals(raw)


def _stack_rows(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows of all blocks; `source` moves from block positions to global ones."""
    before = 0
    shifted = []
    for frame in frames:
        source = frame["source"]
        shifted.append(frame.assign(source=source.where(source < 0, source + before)))
        before += len(frame)
    return pd.concat(shifted, ignore_index=True)


def _sale_lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Accepted lines that are no returns, in order of order and item."""
    sales = rows[rows["is_accepted"] & ~rows["is_return"]]
    return sales.sort_values(["order_id", "item"], kind="stable").reset_index(drop=True)


def _with_order_facts(buyers: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Add each buyer's observed orders: times, count and value of sales."""
    facts = orders.groupby("customer_id").agg(
        first=("second", "min"),
        last=("second", "max"),
        order_count=("second", "size"),
        sale_value=("value", "sum"),
    )
    facts = facts.reindex(buyers["customer_id"])
    return buyers.assign(
        first_order_at=facts["first"].to_numpy().astype("datetime64[s]"),
        last_order_at=facts["last"].to_numpy().astype("datetime64[s]"),
        order_count=facts["order_count"].to_numpy(),
        sale_value=facts["sale_value"].round(2).to_numpy(),
    )


def _observed_pairs(pairs, sales, catalog) -> pd.DataFrame:
    """Planted pairs with their counts in the clean sale baskets."""
    baskets = sales["order_id"].nunique()
    by_item = sales.groupby("item")["order_id"].agg(set)
    number = {item: k for k, item in enumerate(catalog.item_ids)}
    empty: set = set()
    counts = []
    for a, b in zip(pairs["item_a"], pairs["item_b"], strict=True):
        left = by_item.get(number[a], empty)
        right = by_item.get(number[b], empty)
        counts.append((len(left), len(right), len(left & right)))
    count_a, count_b, both = np.array(counts).T
    lift = both * baskets / np.maximum(count_a * count_b, 1)
    return pairs.round(9).assign(
        basket_count_a=count_a,
        basket_count_b=count_b,
        basket_count=both,
        observed_lift=lift.round(6),
    )


def _dirt_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per affected raw line; row numbers are those of the file, from 1."""
    part = rows[rows["kind"] != "clean"]
    source = part["source"].to_numpy() + 1
    action = np.where(part["is_accepted"], "flag", "reject")
    return pd.DataFrame(
        {
            "row_number": part.index + 1,
            "rule": part["kind"].to_numpy(object),
            "action": action,
            "order_id": part["order_id"].to_numpy(object),
            "source_row_number": pd.array(np.where(source > 0, source, 0), "Int64"),
        }
    ).assign(source_row_number=lambda x: x["source_row_number"].replace(0, pd.NA))


# --- Parts of truth.json -----------------------------------------------------------


def arguments_truth(config: c.DemoConfig) -> dict:
    """The arguments that made the shop."""
    return {
        "customers": config.customers,
        "seed": config.seed,
        "language": config.language,
        "start_date": config.start.isoformat(),
        "end_date_exclusive": config.end.isoformat(),
        "days": config.days,
        "items": config.item_count,
        "dirt": config.dirt,
        "numpy_version": np.__version__,
    }


def order_lines_truth(totals: dict) -> dict:
    """Rules, flags, returns and clean totals in money, from exact hundredths."""

    def entry(kind: str, action: str) -> dict:
        return {
            "row_count": totals["rows"][kind],
            "amount": totals["amount_cents"][kind] / 100,
            "action": action,
        }

    clean = totals["clean"]
    money = {
        "gross_revenue": clean["gross_revenue_cents"] / 100,
        "returned_revenue": clean["returned_revenue_cents"] / 100,
        "net_revenue": (clean["gross_revenue_cents"] + clean["returned_revenue_cents"])
        / 100,
        "discount_amount": clean["discount_cents"] / 100,
        "raw_amount": clean["raw_amount_cents"] / 100,
    }
    counts = {k: v for k, v in clean.items() if not k.endswith("_cents")}
    return {
        "rules": {kind: entry(kind, "reject") for kind in dirt.REJECT_RATES},
        "flags": {
            kind: entry(kind, "flag")
            for kind in ("anonymous", *dirt.RETURN_KINDS, *dirt.FLAG_RATES)
        },
        "clean": {**counts, **money},
        "planned_rates": {
            "reject_rows_per_clean_line": dirt.REJECT_RATES,
            "flag_rows_per_clean_line": dirt.FLAG_RATES,
            "cancellations_per_order": dirt.CANCELLATION_RATE,
            "partial_returns_per_clean_line": dirt.PARTIAL_RETURN_RATE,
            "unmatched_returns_per_clean_line": dirt.UNMATCHED_RETURN_RATE,
            "anonymous_orders_per_order": c.GUEST_SHARE,
        },
    }


def _purchase_truth(config: c.DemoConfig, buyers: pd.DataFrame) -> dict:
    frequency = buyers["order_count"] - 1
    return {
        "model": "BG/NBD (Fader, Hardie and Lee 2005)",
        "time_unit": "day",
        "parameters": c.BG_NBD,
        "observation_end_exclusive": config.end.isoformat(),
        "customer_count": len(buyers),
        "one_time_buyer_count": int((frequency == 0).sum()),
        "mean_order_count": round(float(buyers["order_count"].mean()), 6),
        "max_order_count": int(buyers["order_count"].max()),
        "alive_count": int(buyers["is_alive"].sum()),
        "correlation_lambda_expected_order_value": round(
            float(np.corrcoef(buyers["lambda"], buyers["expected_order_value"])[0, 1]),
            6,
        )
        if len(buyers) > 1
        else None,
    }


def spend_truth() -> dict:
    """Parameters of the spend process."""
    return {
        "share_high": c.SHARE_HIGH_SPEND,
        "premium_tier_share": dict(zip(c.SPEND_CLASSES, c.PREMIUM_SHARE, strict=True)),
        "extra_units": dict(zip(c.SPEND_CLASSES, c.EXTRA_UNITS, strict=True)),
        "factor_gamma_shape": c.SPEND_FACTOR_SHAPE,
        "promotion_rates": dict(
            zip(map(str, c.PROMOTION_RATES), c.PROMOTION_SHARES, strict=True)
        ),
    }


def _archetype_truth(buyers: pd.DataFrame) -> dict:
    return {
        "lambda_cut": c.LAMBDA_CUT,
        "counts": {
            name: int((buyers["archetype"] == name).sum()) for name in c.ARCHETYPES
        },
        "mean_order_value": {
            name: round(
                float(
                    buyers.loc[
                        buyers["archetype"] == name, "expected_order_value"
                    ].mean()
                ),
                4,
            )
            for name in c.ARCHETYPES
            if (buyers["archetype"] == name).any()
        },
    }


def basket_truth() -> dict:
    """Parameters of the baskets."""
    return {
        "base_draws": f"1 + Binomial({c.LINE_TRIALS}, {c.LINE_PROBABILITY})",
        "zipf_exponent": c.ZIPF_EXPONENT,
        "zipf_shift": c.ZIPF_SHIFT,
        "favourite_category_share": c.FAVOURITE_CATEGORY_SHARE,
        "repertoire_share": c.REPERTOIRE_SHARE,
        "repertoire_size": c.REPERTOIRE_SIZE,
    }
