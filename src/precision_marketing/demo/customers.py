"""The customers input: attributes, gaps and a few dirty rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c
from precision_marketing.demo.text import words

PROSPECT_SHARE = 0.03  # rows without any order, on top of the buyers
ABSENT_SHARE = 0.01  # buyers without a row here
MISSING_SHARES = {"birth_date": 0.06, "gender": 0.04, "income": 0.08}
DIRTY_SHARE = 0.0025  # of each dirty kind, at least one row
SIGN_UP_LEAD_DAYS = 30


def make_customers(
    *, config: c.DemoConfig, buyers: pd.DataFrame
) -> tuple[pd.DataFrame, dict, set[str]]:
    """Make the customers input.

    Income rises with the spend class; `loyalty_member` (passthrough) is likelier for
    frequent buyers; `household_size` (passthrough) is noise. Blank values are blank at
    random.

    Parameters
    ----------
    config : DemoConfig
    buyers : pandas.DataFrame
        One row per buyer: customer_id, is_frequent, is_high_spend, first_order_at.

    Returns
    -------
    frame : pandas.DataFrame
        The input under its contract names and two passthrough columns.
    truth : dict
        Counts of rows, gaps, dirty rows and mismatches with the orders.
    absent : set of str
        Buyers that have no row.
    """
    rng = config.rng("customers")
    text = words(config.language)
    n = len(buyers)
    prospects = max(1, round(PROSPECT_SHARE * n))
    total = n + prospects
    frequent = np.concatenate((buyers["is_frequent"], np.zeros(prospects, bool)))
    high = np.concatenate((buyers["is_high_spend"], np.zeros(prospects, bool)))

    strangers = [
        f"U{config.customers + k + 1:0{config.customer_digits}d}"
        for k in range(prospects)
    ]
    ids = np.array([*buyers["customer_id"], *strangers], dtype=object)
    lead = rng.integers(0, SIGN_UP_LEAD_DAYS * c.DAY_SECONDS, total)
    first = np.concatenate(
        (
            buyers["first_order_at"].to_numpy("datetime64[s]").astype(np.int64),
            rng.integers(config.start_second, config.end_second, prospects),
        )
    )
    # Sign-up comes before the first order; no one signs up before the shop opens.
    signed_up = np.maximum(first - lead, config.start_second)
    age_days = (rng.beta(2.2, 3.0, total) * 60 + 18) * 365.25
    born = (config.start_second / c.DAY_SECONDS - age_days).astype("int64")
    income = np.exp(np.log(32_000) + 0.35 * high + 0.3 * rng.standard_normal(total))
    gender = np.array(text.GENDERS, object)[
        rng.choice(3, size=total, p=(0.55, 0.42, 0.03))
    ]
    region = np.array(text.REGIONS, object)[rng.integers(0, len(text.REGIONS), total)]
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "birth_date": born.astype("datetime64[D]").astype(str).astype(object),
            "gender": gender,
            "income": np.round(income / 100) * 100,
            "region": region,
            "signed_up_at": signed_up.astype("datetime64[s]"),
            "email": [f"{i.lower()}@example.com" for i in ids],
            "phone": [f"+999 00 {i[1:]}" for i in ids],
            "language": config.language,
            "household_size": rng.choice(6, size=total, p=_HOUSEHOLD) + 1,
            "loyalty_member": rng.random(total) < np.where(frequent, 0.6, 0.25),
        }
    )

    absent_rows = rng.choice(n, max(1, round(ABSENT_SHARE * n)), replace=False)
    absent = set(ids[absent_rows])
    frame = frame[~frame["customer_id"].isin(absent)].reset_index(drop=True)
    for column, share in MISSING_SHARES.items():
        frame.loc[rng.random(len(frame)) < share, column] = None

    dirty = max(1, round(DIRTY_SHARE * n))
    is_text = config.dirt == "text"
    rows = rng.permutation(len(frame))
    filled = rows[frame["birth_date"].notna().to_numpy()[rows]]
    bad_birth = filled[:dirty] if is_text else filled[:0]
    copied, blank = filled[dirty : 2 * dirty], filled[2 * dirty : 3 * dirty]
    frame.loc[bad_birth, "birth_date"] = [
        text.BAD_BIRTH_DATES[k % 5] for k in range(len(bad_birth))
    ]
    # A second record of the same customer: newer, and from another region.
    double = frame.loc[copied].copy()
    double["signed_up_at"] = double["signed_up_at"] + pd.Timedelta(days=1)
    double["region"] = [
        text.REGIONS[(text.REGIONS.index(r) + 1) % len(text.REGIONS)]
        for r in double["region"]
    ]
    nameless = frame.loc[blank].copy()
    nameless["customer_id"] = None
    nameless["email"] = None
    clean = len(frame)
    missing = {x: int(frame[x].isna().sum()) for x in MISSING_SHARES}
    frame = pd.concat([frame, double, nameless], ignore_index=True)
    truth = {
        "row_count": len(frame),
        "distinct_customer_count": clean,
        "missing_values_of_distinct_customers": missing,
        "dirty_rows": {
            "duplicate_customer_id": len(double),
            "blank_customer_id": len(nameless),
            "unparsable_birth_date": len(bad_birth),
        },
        "buyers_without_row": len(absent),
        "rows_without_orders": prospects,
        "income_log_difference_of_high_spenders": 0.35,
    }
    return frame, truth, absent


_HOUSEHOLD = (0.3, 0.32, 0.16, 0.14, 0.06, 0.02)
