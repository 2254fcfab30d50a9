"""Events: searches, views, carts and clicks, in sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c
from precision_marketing.demo.catalog import Catalog

ORDER_SESSION_SHARE = 0.25  # of identified web and app orders
BROWSE_SESSIONS_PER_CUSTOMER = 0.6
ANONYMOUS_SESSION_SHARE = 0.25  # of browse sessions
ABANDONED_CART_SHARE = 0.3  # of browse sessions
CLICK_SHARE = 0.2  # sessions that begin with a click (on an advertisement or message)
SEARCH_SHARE = 0.5
MAX_ITEMS_BEFORE_ORDER = 3
EVENT_TYPES = ("click", "search", "view", "cart")


def make_events(
    *,
    config: c.DemoConfig,
    catalog: Catalog,
    sales: pd.DataFrame,
    buyers: pd.DataFrame,
) -> tuple[pd.DataFrame, dict]:
    """Make the events input.

    Sessions before an order view and cart its first items and end before it; browse
    sessions view popular items and, in a known share, leave a cart behind.

    Parameters
    ----------
    sales : pandas.DataFrame
        Clean sale lines: order_id, customer_id (null for guests), second, channel,
        item.
    buyers : pandas.DataFrame
        One row per buyer: customer_id, first_order_at.

    Returns
    -------
    frame : pandas.DataFrame
    truth : dict
        Counts by type and kind of session.
    """
    rng = config.rng("events")
    known = sales[sales["customer_id"].notna() & (sales["channel"] != "store")]
    rows: list[tuple] = []
    counts = {"order": 0, "browse": 0, "anonymous": 0, "abandoned_cart": 0}

    def opening(second: int) -> list[tuple[int, str, int]]:
        steps = []
        if rng.random() < CLICK_SHARE:
            steps.append((second, "click", -1))
        if rng.random() < SEARCH_SHARE:
            steps.append((second + 20, "search", -1))
        return steps

    for _, order in known.groupby("order_id", sort=True):
        if rng.random() >= ORDER_SESSION_SHARE:
            continue
        counts["order"] += 1
        ends = int(order["second"].iloc[0])
        second = ends - int(rng.integers(600, 2_400))
        steps = opening(second)
        for k, item in enumerate(order["item"].iloc[:MAX_ITEMS_BEFORE_ORDER]):
            steps.append((second + 60 + 120 * k, "view", int(item)))
            steps.append((second + 90 + 120 * k, "cart", int(item)))
        row = order.iloc[0]
        rows += [
            (row["customer_id"], *step, row["channel"], len(rows)) for step in steps
        ]
    order_rows = len(rows)

    browse = max(1, round(BROWSE_SESSIONS_PER_CUSTOMER * len(buyers)))
    first = buyers["first_order_at"].to_numpy("datetime64[s]").astype(np.int64)
    ids = buyers["customer_id"].to_numpy(object)
    share = catalog.popularity[[0, 1 + len(catalog.categories)]].mean(axis=0)
    for _ in range(browse):
        who = int(rng.integers(0, len(ids)))
        second = int(
            first[who] + rng.random() * (config.end_second - 7_200 - first[who])
        )
        anonymous = rng.random() < ANONYMOUS_SESSION_SHARE
        channel = c.CHANNELS[int(rng.integers(0, 2))]
        steps = opening(second)
        seen = rng.choice(catalog.size, size=1 + rng.integers(0, 4), p=share)
        steps += [(second + 60 + 45 * k, "view", int(i)) for k, i in enumerate(seen)]
        if rng.random() < ABANDONED_CART_SHARE:
            counts["abandoned_cart"] += 1
            steps.append((steps[-1][0] + 30, "cart", int(seen[-1])))
        counts["anonymous" if anonymous else "browse"] += 1
        customer = None if anonymous else ids[who]
        rows += [(customer, *step, channel, len(rows)) for step in steps]

    frame = pd.DataFrame(
        rows,
        columns=["customer_id", "second", "event_type", "item", "channel", "session"],
    )
    # Number the sessions by their start; `session` so far is a position in `rows`.
    start = frame.groupby("session")["second"].transform("min")
    frame["session_id"] = _dense(start.to_numpy(), frame["session"].to_numpy())
    frame = frame.sort_values(["session_id", "second"], kind="stable")
    item = frame["item"].to_numpy()
    events = pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(object),
            "occurred_at": frame["second"].to_numpy().astype("datetime64[s]"),
            "event_type": frame["event_type"].to_numpy(object),
            "item_id": np.where(item >= 0, catalog.item_ids[np.maximum(item, 0)], None),
            "session_id": [f"S{k:07d}" for k in frame["session_id"]],
            "channel": frame["channel"].to_numpy(object),
        }
    )
    truth = {
        "row_count": len(events),
        "session_count": sum(counts[k] for k in ("order", "browse", "anonymous")),
        "sessions": counts,
        "rows_by_type": {
            t: int((events["event_type"] == t).sum()) for t in EVENT_TYPES
        },
        "anonymous_row_count": int(events["customer_id"].isna().sum()),
        "rows_of_order_sessions": order_rows,
    }
    return events, truth


def _dense(start: np.ndarray, session: np.ndarray) -> np.ndarray:
    """Number sessions 1, 2, ... by start, ties by position."""
    order = np.lexsort((session, start))
    changed = np.concatenate(([True], session[order][1:] != session[order][:-1]))
    result = np.empty(len(session), dtype=np.int64)
    result[order] = np.cumsum(changed)
    return result
