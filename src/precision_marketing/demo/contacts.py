"""Contacts (messages sent), consents and erasures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c

CHANNELS = ("email", "sms", "app_push")
# P(opened), by channel, for the archetypes in their order; each archetype has a
# different best channel.
OPEN_PROBABILITIES = {
    "email": (0.20, 0.45, 0.35, 0.55),
    "sms": (0.40, 0.35, 0.30, 0.30),
    "app_push": (0.15, 0.20, 0.50, 0.40),
}
CLICK_PROBABILITIES = {"email": 0.25, "sms": 0.20, "app_push": 0.30}  # given opened
# P(converted | clicked), by archetype.
CONVERT_PROBABILITIES = (0.08, 0.12, 0.20, 0.30)
HOURS = (9, 13, 19)
HOUR_FACTORS = (0.8, 0.9, 1.3)  # on P(opened); mean 1, as hours are equally likely
COSTS = {"email": 0.02, "sms": 0.08, "app_push": 0.01}
WAVES = (0.35, 0.55, 0.75, 0.92)  # as shares of the period
WAVE_SHARE = 0.75  # of the customers known by then
CONTENTS = ("content_a", "content_b")

GRANTED_SHARE = 0.85  # grant marketing at sign-up; the others have no row
WITHDRAWN_SHARE = 0.15  # of those, later
REGRANTED_SHARE = 0.2  # of those, later again
CHANNEL_CONSENT_SHARE = 0.3  # of the grants hold for one channel only
PROFILING_SHARE = 0.6
ERASURE_SHARE = 0.004
SOURCES = ("web_form", "app", "store_form")


def make_contacts(
    *, config: c.DemoConfig, buyers: pd.DataFrame
) -> tuple[pd.DataFrame, dict]:
    """Make the contacts input: a few waves to random customers.

    Channel, hour and content are drawn at random, independent of the customer, so
    response rates by channel are not confounded. Consents are not asked.

    Parameters
    ----------
    buyers : pandas.DataFrame
        customer_id, archetype_code, first_order_at, expected_order_value.

    Returns
    -------
    frame : pandas.DataFrame
    truth : dict
        Planted probabilities, and sent / opened / clicked / converted counts by
        channel and archetype.
    """
    rng = config.rng("contacts")
    first = buyers["first_order_at"].to_numpy("datetime64[s]").astype(np.int64)
    archetypes = buyers["archetype_code"].to_numpy()
    ids = buyers["customer_id"].to_numpy(object)
    worth = buyers["expected_order_value"].to_numpy()
    open_table = np.array([OPEN_PROBABILITIES[k] for k in CHANNELS])
    click_table = np.array([CLICK_PROBABILITIES[k] for k in CHANNELS])
    frames = []
    for wave, share in enumerate(WAVES):
        day = int(config.days * share)
        at = config.start_second + day * c.DAY_SECONDS
        who = np.flatnonzero((first < at) & (rng.random(len(ids)) < WAVE_SHARE))
        n = len(who)
        channel = rng.integers(0, len(CHANNELS), n)
        hour = rng.integers(0, len(HOURS), n)
        sent = at + np.array(HOURS)[hour] * 3_600 + rng.integers(0, 1_800, n)
        p_open = open_table[channel, archetypes[who]] * np.array(HOUR_FACTORS)[hour]
        opened = rng.random(n) < p_open
        clicked = opened & (rng.random(n) < click_table[channel])
        p_convert = np.array(CONVERT_PROBABILITIES)[archetypes[who]]
        converted = clicked & (rng.random(n) < p_convert)
        opened_at = sent + rng.integers(60, 6 * 3_600, n)
        clicked_at = opened_at + rng.integers(5, 600, n)
        converted_at = clicked_at + rng.integers(120, c.DAY_SECONDS, n)
        revenue = np.round(worth[who] * rng.gamma(4.0, 0.25, n), 2)
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": ids[who],
                    "sent_at": _moments(sent),
                    "channel": np.array(CHANNELS, object)[channel],
                    "campaign_id": f"wave_{wave + 1}",
                    "content_id": np.array(CONTENTS, object)[
                        rng.integers(0, len(CONTENTS), n)
                    ],
                    "cost": np.array([COSTS[k] for k in CHANNELS])[channel],
                    "opened_at": _moments(opened_at, opened),
                    "clicked_at": _moments(clicked_at, clicked),
                    "converted_at": _moments(converted_at, converted),
                    "revenue": np.where(converted, revenue, np.nan),
                    "archetype": np.array(c.ARCHETYPES, object)[archetypes[who]],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.sort_values(["sent_at", "customer_id"], kind="stable")
    frame.insert(0, "contact_id", [f"M{k + 1:07d}" for k in range(len(frame))])
    counts = {}
    for (channel, archetype), part in frame.groupby(["channel", "archetype"]):
        counts.setdefault(channel, {})[archetype] = {
            "sent": len(part),
            "opened": int(part["opened_at"].notna().sum()),
            "clicked": int(part["clicked_at"].notna().sum()),
            "converted": int(part["converted_at"].notna().sum()),
        }
    truth = {
        "row_count": len(frame),
        "open_probability": {
            channel: dict(zip(c.ARCHETYPES, values, strict=True))
            for channel, values in OPEN_PROBABILITIES.items()
        },
        "click_probability_given_open": CLICK_PROBABILITIES,
        "convert_probability_given_click": dict(
            zip(c.ARCHETYPES, CONVERT_PROBABILITIES, strict=True)
        ),
        "open_factor_by_hour": {
            str(h): f for h, f in zip(HOURS, HOUR_FACTORS, strict=True)
        },
        "counts": counts,
    }
    return frame.drop(columns="archetype").reset_index(drop=True), truth


def _moments(seconds: np.ndarray, present: np.ndarray | None = None) -> np.ndarray:
    """Timestamps, missing where not present."""
    moments = seconds.astype("datetime64[s]")
    if present is not None:
        moments[~present] = np.datetime64("NaT")
    return moments


def make_consents(
    *, config: c.DemoConfig, customers: pd.DataFrame
) -> tuple[pd.DataFrame, dict]:
    """Make the consents input: a history of grants and withdrawals.

    A row holds from valid_from until valid_to (exclusive, blank while it holds). A
    blank channel means every channel.

    Parameters
    ----------
    customers : pandas.DataFrame
        customer_id, signed_up_at; one row per customer.
    """
    rng = config.rng("consents")
    rows = []
    final = {"granted": 0, "withdrawn": 0}
    for customer, signed_up in zip(
        customers["customer_id"],
        customers["signed_up_at"].to_numpy("datetime64[s]").astype(np.int64),
        strict=True,
    ):
        source = SOURCES[int(rng.integers(0, len(SOURCES)))]
        if rng.random() < PROFILING_SHARE:
            rows.append((customer, "profiling", "granted", signed_up, "", -1, source))
        if rng.random() >= GRANTED_SHARE:
            continue
        channel = ""
        if rng.random() < CHANNEL_CONSENT_SHARE:
            channel = CHANNELS[int(rng.integers(0, len(CHANNELS)))]
        changes, at = [("granted", signed_up)], signed_up
        for status, share in (
            ("withdrawn", WITHDRAWN_SHARE),
            ("granted", REGRANTED_SHARE),
        ):
            at = at + int(rng.integers(10, 200)) * c.DAY_SECONDS
            if rng.random() >= share or at >= config.end_second:
                break
            changes.append((status, at))
        final[changes[-1][0]] += 1
        for k, (status, valid_from) in enumerate(changes):
            valid_to = changes[k + 1][1] if k + 1 < len(changes) else -1
            rows.append(
                (customer, "marketing", status, valid_from, channel, valid_to, source)
            )
    frame = pd.DataFrame(
        rows,
        columns=[
            "customer_id", "purpose", "status", "valid_from", "channel", "valid_to",
            "source",
        ],
    )  # fmt: skip
    valid_to = frame["valid_to"].to_numpy()
    frame["valid_from"] = _moments(frame["valid_from"].to_numpy())
    frame["valid_to"] = _moments(valid_to, valid_to >= 0)
    frame["channel"] = frame["channel"].replace("", None)
    truth = {
        "row_count": len(frame),
        "rows_by_purpose_and_status": {
            f"{purpose}/{status}": int(count)
            for (purpose, status), count in frame.groupby(["purpose", "status"])
            .size()
            .items()
        },
        "channel_specific_row_count": int(frame["channel"].notna().sum()),
        "marketing_customers_by_last_status": final,
        "customers_without_marketing_row": len(customers) - sum(final.values()),
    }
    return frame, truth


def make_erasures(
    *, config: c.DemoConfig, customers: pd.DataFrame
) -> tuple[pd.DataFrame, dict]:
    """Make the erasures input: a few customers ask to be forgotten."""
    rng = config.rng("consents", 1)
    n = max(1, round(ERASURE_SHARE * len(customers)))
    rows = np.sort(rng.choice(len(customers), n, replace=False))
    signed_up = customers["signed_up_at"].to_numpy("datetime64[s]").astype(np.int64)
    at = signed_up[rows] + (
        rng.random(n) * (config.end_second - 1 - signed_up[rows])
    ).astype(np.int64)
    frame = pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy(object)[rows],
            "requested_at": _moments(at),
        }
    )
    return frame, {"row_count": n, "customer_ids": frame["customer_id"].tolist()}
