"""Touchpoints of a known first-order Markov chain, and the conversions they end in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c
from precision_marketing.demo.text import words

CHANNELS = ("search", "social", "email", "display", "affiliate")
START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
STATES = (START, *CHANNELS, CONVERSION, NULL)
# Rows: from start, search, ... affiliate. Columns: to search ... affiliate, then
# conversion, null. Display opens journeys and rarely ends them; email closes them.
TRANSITIONS = np.array(
    [
        # search social email display affiliate conv  null
        [0.30, 0.25, 0.10, 0.25, 0.10, 0.00, 0.00],
        [0.10, 0.10, 0.20, 0.05, 0.05, 0.28, 0.22],
        [0.20, 0.10, 0.15, 0.15, 0.05, 0.08, 0.27],
        [0.15, 0.05, 0.10, 0.05, 0.05, 0.40, 0.20],
        [0.25, 0.20, 0.10, 0.10, 0.05, 0.03, 0.27],
        [0.20, 0.05, 0.15, 0.05, 0.05, 0.25, 0.25],
    ]
)
COSTS = {
    "search": 0.60,
    "social": 0.35,
    "email": 0.02,
    "display": 0.15,
    "affiliate": 0.80,
}
JOURNEY_DAYS = 20  # a journey is at most this long, from first touch to its end
# Part of the time since the order before that a journey may fill.
_FILL = 0.9


def conversion_probability(
    transitions: np.ndarray, removed: int | None = None
) -> float:
    """P(conversion | start) of the chain, exactly.

    Parameters
    ----------
    transitions : numpy.ndarray, shape (1 + channels, channels + 2)
        Laid out as `TRANSITIONS`.
    removed : int, optional
        Channel (0 .. channels - 1) whose visits end in null instead.
    """
    channels = len(transitions) - 1
    moves = transitions[1:, :channels].copy()
    start = transitions[0, :channels].copy()
    ends = transitions[1:, channels].copy()
    if removed is not None:
        moves[:, removed] = 0.0
        start[removed] = 0.0
    reach = np.linalg.solve(np.eye(channels) - moves, ends)
    return float(start @ reach + transitions[0, channels])


def removal_effects(transitions: np.ndarray) -> np.ndarray:
    """1 - P(conversion without the channel) / P(conversion), per channel."""
    full = conversion_probability(transitions)
    return np.array(
        [
            1 - conversion_probability(transitions, k) / full
            for k in range(len(transitions) - 1)
        ]
    )


def make_touchpoints(
    *, config: c.DemoConfig, orders: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Walk the chain for every buyer and tie conversions to the buyer's orders.

    A buyer's k-th converting journey ends in the k-th order; after a journey that ends
    in null, or when every order is used, the buyer is touched no more. Journeys are
    independent draws, and whether another one starts is decided before it is drawn, so
    transition frequencies estimate the matrix without bias. Cutting each buyer's
    touches after every conversion gives the journeys back.

    Parameters
    ----------
    orders : pandas.DataFrame
        Clean sale orders of identified customers: customer_id, order_id, second,
        value; sorted by customer and time.

    Returns
    -------
    touchpoints, conversions : pandas.DataFrame
    truth : dict
        Matrix, exact conversion probability, removal effects and counts.
    """
    rng = config.rng("touchpoints")
    pattern = words(config.language).SEARCH_CAMPAIGN
    cumulative = np.cumsum(TRANSITIONS, axis=1)
    channels = len(CHANNELS)
    counts = np.zeros((channels + 1, channels + 2), dtype=np.int64)
    touches, converted = [], []
    journeys = 0
    for customer, own in orders.groupby("customer_id", sort=True):
        previous = config.start_second
        for order_id, ends, value in zip(
            own["order_id"], own["second"], own["value"], strict=True
        ):
            path, state = [], 0
            while True:
                step = int(np.searchsorted(cumulative[state], rng.random(), "right"))
                step = min(step, channels + 1)
                counts[state, step] += 1
                if step >= channels:
                    break
                path.append(step)
                state = step + 1
            journeys += 1
            is_conversion = step == channels
            # A null journey happens before the buyer's next order, too; only then
            # would a later reader not take it for the way to that order.
            limit = min(JOURNEY_DAYS * c.DAY_SECONDS, _FILL * (ends - previous))
            gaps = np.sort(rng.random(len(path)))[::-1]
            step_number = np.arange(len(path))
            if is_conversion:
                seconds = ends - 1 - len(path) - (gaps * limit).astype(np.int64)
            else:
                seconds = previous + 1 + ((1 - gaps) * limit).astype(np.int64)
            # Strictly later each, so that the order of touches is in the data.
            seconds = np.maximum.accumulate(seconds - step_number) + step_number
            touches += [
                (customer, int(t), k) for t, k in zip(seconds, path, strict=True)
            ]
            if not is_conversion:
                break
            converted.append((customer, int(ends), value, order_id))
            previous = int(ends)

    frame = pd.DataFrame(touches, columns=["customer_id", "second", "channel"])
    frame = frame.sort_values(["second", "customer_id"], kind="stable")
    at = frame["second"].to_numpy().astype("datetime64[s]")
    month = at.astype("datetime64[M]").astype(int)
    names = np.array(CHANNELS, object)[frame["channel"]]
    touchpoints = pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(object),
            "occurred_at": at,
            "channel": names,
            "campaign_id": [
                pattern.format(channel=n, year=1970 + m // 12, quarter=m % 12 // 3 + 1)
                for n, m in zip(names, month, strict=True)
            ],
            "cost": [COSTS[n] for n in names],
        }
    )
    ended = pd.DataFrame(
        converted, columns=["customer_id", "second", "value", "order_id"]
    ).sort_values(["second", "customer_id"], kind="stable")
    conversions = pd.DataFrame(
        {
            "customer_id": ended["customer_id"].to_numpy(object),
            "converted_at": ended["second"].to_numpy().astype("datetime64[s]"),
            "value": ended["value"].to_numpy(),
        }
    )
    effects = removal_effects(TRANSITIONS)
    origins, targets = (START, *CHANNELS), (*CHANNELS, CONVERSION, NULL)
    truth = {
        "row_count": len(touchpoints),
        "conversion_count": len(conversions),
        "journey_count": journeys,
        "states": list(STATES),
        "transition_matrix": _nested(origins, targets, TRANSITIONS),
        "transition_counts": _nested(origins, targets, counts),
        "conversion_probability": conversion_probability(TRANSITIONS),
        "removal_effects": dict(zip(CHANNELS, effects.tolist(), strict=True)),
        "attribution_shares": dict(
            zip(CHANNELS, (effects / effects.sum()).tolist(), strict=True)
        ),
        "cost_per_touch": COSTS,
        "total_conversion_value": round(float(conversions["value"].sum()), 2),
        "total_cost": round(float(touchpoints["cost"].sum()), 2),
    }
    return touchpoints, conversions, truth


def _nested(origins, targets, values) -> dict:
    return {
        origin: dict(zip(targets, row.tolist(), strict=True))
        for origin, row in zip(origins, values, strict=True)
    }
