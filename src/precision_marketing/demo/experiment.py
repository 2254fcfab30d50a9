"""One randomised experiment with effects that differ by archetype."""

from __future__ import annotations

import numpy as np
import pandas as pd

from precision_marketing.demo import config as c

EXPERIMENT_ID = "autumn_offer"
ARMS = ("control", "voucher", "reminder")
PLANNED_SHARES = (0.4, 0.4, 0.2)
DAYS_BEFORE_END = 122  # assignment: 2025-09-01 by default
PRE_DAYS = 90
# P(converted) without treatment, by archetype in the order of `config.ARCHETYPES`.
BASE_CONVERSION = (0.10, 0.15, 0.30, 0.40)
# Added to it by each arm. The voucher wins over occasional low spenders and puts off
# the best customers ("sleeping dogs"); the reminder does a little for everyone.
CONVERSION_EFFECTS = {
    "control": (0.0, 0.0, 0.0, 0.0),
    "voucher": (0.15, 0.10, 0.05, -0.08),
    "reminder": (0.03, 0.03, 0.03, 0.03),
}
# The voucher also takes ten percent off what converted customers spend.
AMOUNT_FACTORS = {"control": 1.0, "voucher": 0.9, "reminder": 1.0}
AMOUNT_SHAPE = 6.0  # Gamma noise of the amount, mean 1
PRE_WEIGHT = 0.5  # of past revenue in the expected amount; gives CUPED its grip
# Money. Past revenue counts up to here: a line of 5,000 units is dirt, and one customer
# must not decide the outcome. pre_value itself is not capped.
PRE_CAP = 5_000.0


def make_experiment(
    *, config: c.DemoConfig, buyers: pd.DataFrame, orders: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Make the experiment inputs.

    Arms are drawn independently by the planned shares among all buyers known at
    assignment. Outcomes: `converted` ~ Bernoulli(base + effect of the archetype);
    `revenue` = converted * amount, with amount ~ Gamma of mean
    (expected order value + 0.5 * revenue of the 90 days before, capped) * factor of
    the arm.
    Outcomes are the campaign site's own measurement; order_lines hold no effect, as
    BG/NBD could not be their truth otherwise.

    Parameters
    ----------
    buyers : pandas.DataFrame
        customer_id, archetype_code, first_order_at, expected_order_value.
    orders : pandas.DataFrame
        Clean sale orders: customer_id, second, value.

    Returns
    -------
    assignments, outcomes : pandas.DataFrame
    truth : dict
        Planted and (for revenue) exact expected effects per arm and archetype.
    """
    rng = config.rng("experiment")
    at = config.end_second - DAYS_BEFORE_END * c.DAY_SECONDS
    first = buyers["first_order_at"].to_numpy("datetime64[s]").astype(np.int64)
    people = buyers[first < at].reset_index(drop=True)
    n = len(people)
    arm = rng.choice(len(ARMS), size=n, p=PLANNED_SHARES)
    before = orders[
        (orders["second"] < at) & (orders["second"] >= at - PRE_DAYS * c.DAY_SECONDS)
    ]
    past = before.groupby("customer_id")["value"].agg(["size", "sum"])
    past = past.reindex(people["customer_id"]).fillna(0)
    pre_orders = past["size"].to_numpy().astype(np.int64)
    pre_revenue = past["sum"].round(2).to_numpy()

    kind = people["archetype_code"].to_numpy()
    base = np.array(BASE_CONVERSION)[kind]
    effect_table = np.array([CONVERSION_EFFECTS[a] for a in ARMS])
    factor_table = np.array([AMOUNT_FACTORS[a] for a in ARMS])
    worth = people["expected_order_value"].to_numpy() + PRE_WEIGHT * np.minimum(
        pre_revenue, PRE_CAP
    )
    converted = rng.random(n) < base + effect_table[arm, kind]
    noise = rng.gamma(AMOUNT_SHAPE, 1 / AMOUNT_SHAPE, n)
    revenue = np.where(converted, np.round(worth * factor_table[arm] * noise, 2), 0.0)

    ids = people["customer_id"].to_numpy(object)
    assignments = pd.DataFrame(
        {
            "experiment_id": EXPERIMENT_ID,
            "customer_id": ids,
            "arm": np.array(ARMS, object)[arm],
            "is_control": arm == 0,
            "assigned_at": np.datetime64(int(at), "s"),
            "planned_share": np.array(PLANNED_SHARES)[arm],
            "pre_orders": pre_orders,
            "pre_revenue": pre_revenue,
        }
    )
    outcomes = pd.concat(
        [
            pd.DataFrame(
                {
                    "experiment_id": EXPERIMENT_ID,
                    "customer_id": ids,
                    "metric": metric,
                    "value": value,
                    "pre_value": pre,
                }
            )
            for metric, value, pre in (
                ("converted", converted.astype(float), (pre_orders > 0).astype(float)),
                ("revenue", revenue, pre_revenue),
            )
        ],
        ignore_index=True,
    )
    effects: dict = {}
    for a, name in enumerate(ARMS[1:], start=1):
        for k, archetype in enumerate(c.ARCHETYPES):
            own = kind == k
            lift = effect_table[a, k]
            # Over everyone assigned: what a repeated draw of arms converges to.
            gain = worth[own] * (
                (BASE_CONVERSION[k] + lift) * factor_table[a] - BASE_CONVERSION[k]
            )
            effects.setdefault(name, {})[archetype] = {
                "converted": float(lift),
                "revenue": round(float(gain.mean()), 6) if own.any() else 0.0,
                "customer_count": int((own & (arm == a)).sum()),
                "control_count": int((own & (arm == 0)).sum()),
            }
    overall = {}
    for a, name in enumerate(ARMS[1:], start=1):
        lift = effect_table[a, kind]
        gain = worth * ((base + lift) * factor_table[a] - base)
        overall[name] = {
            "converted": round(float(lift.sum()) / max(n, 1), 6),
            "revenue": round(float(gain.sum()) / max(n, 1), 6),
        }
    truth = {
        "experiment_id": EXPERIMENT_ID,
        "assignment_count": n,
        "outcome_row_count": len(outcomes),
        "planned_shares": dict(zip(ARMS, PLANNED_SHARES, strict=True)),
        "arm_counts": {a: int((arm == k).sum()) for k, a in enumerate(ARMS)},
        "base_conversion": dict(zip(c.ARCHETYPES, BASE_CONVERSION, strict=True)),
        "amount_factors": AMOUNT_FACTORS,
        "effects": effects,
        "overall_effects": overall,
    }
    return assignments, outcomes, truth
