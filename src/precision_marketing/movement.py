"""How customers move between segments: first-order Markov chains from monthly steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from precision_marketing.frames import (
    at_least,
    conform,
    content_hash,
    require_columns,
    sorted_by,
    to_matrix,
)

CONFIDENCE = 0.95
# Newcomers come as they did in the last quarter: their number follows the shop's
# advertising, and a mean of two years would be wrong in every one of them.
ENTRY_STEPS = 3
# A reachable set that is left only once in a billion steps counts as never left: the
# linear systems below would have no solution otherwise.
SINGULAR = 1e-9

ENTERED = "(entered)"
LEFT = "(left)"

STEP_COLUMNS = (
    "scheme",
    "from_date",
    "to_date",
    "from_segment",
    "to_segment",
    "customer_count",
    "net_revenue",
)

# Where every session starts and ends, and the event that all of them are about.
START = "(start)"
END = "(end)"
PURCHASE = "purchase"

EVENT_CHAIN_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("from_event", pa.string()),
        ("to_event", pa.string()),
        ("move_count", pa.int64()),
        ("from_count", pa.int64()),
        ("probability", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("purchase_probability", pa.float64()),
    ]
)

TRANSITION_MODEL_SCHEMA = pa.schema(
    [
        ("model_version", pa.string()),
        ("scheme", pa.string()),
        ("fit", pa.string()),
        ("component", pa.string()),
        ("from_segment", pa.string()),
        ("to_segment", pa.string()),
        ("step", pa.int64()),
        ("value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Chain:
    """What one scheme's steps say: counts and money, nothing else.

    `states` has length s; `moves` is (s, s), customers who went from row to column;
    `starters` is (s,), customers who started a step in a state, those who vanished
    included; `revenue` is (s,), what starters spent in their step; `entries` is (s,),
    newcomers a step, over the last `ENTRY_STEPS`, by the state they are first seen in.
    """

    states: tuple[str, ...]
    moves: np.ndarray
    starters: np.ndarray
    revenue: np.ndarray
    entries: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """(s, s): row by row the shares of moves; a state nobody started in keeps all.

        A row sums to less than 1 where customers vanished.
        """
        starters = self.starters[:, None]
        return np.where(
            starters > 0, _shares(self.moves, starters), np.eye(len(self.states))
        )

    @property
    def mean_revenue(self) -> np.ndarray:
        """(s,): money a starter spends in one step; 0 where nobody started."""
        return _shares(self.revenue, self.starters)


def _shares(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    """Parts by wholes of a shape that broadcasts; 0 of nothing is 0."""
    return np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)


def wilson_interval(
    successes: np.ndarray, trials: np.ndarray, *, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share (Wilson 1927).

    Parameters
    ----------
    successes, trials : numpy.ndarray
        Of shapes that broadcast; trials of 0 give 0 to 1.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        Within 0 and 1.
    """
    z = ndtri(0.5 + confidence / 2)
    trials = np.broadcast_to(trials, np.shape(successes)).astype(float)
    counted = np.maximum(trials, 1.0)
    share = successes / counted
    spread = z**2 / counted
    centre = (share + spread / 2) / (1 + spread)
    variance = share * (1 - share) / counted + spread / counted / 4
    half = z / (1 + spread) * np.sqrt(variance)
    # At no success, and at nothing but, the bound is exact; so it is without a trial.
    lower = np.where(successes > 0, np.clip(centre - half, 0, 1), 0.0)
    upper = np.where(successes < trials, np.clip(centre + half, 0, 1), 1.0)
    upper = np.where(trials > 0, upper, 1.0)
    return lower, upper


def expected_steps_to(probabilities: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Mean steps until a chain first enters a set of states (Norris 1997, 1.3).

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (s, s)
        Rows sum to 1.
    target : numpy.ndarray of shape (s,), bool

    Returns
    -------
    numpy.ndarray of shape (s,)
        0 in the set; infinity where it is not certain to be reached.
    """
    steps = np.where(target, 0.0, np.inf)
    if not target.any():
        return steps
    outside = ~target
    certain = outside & (chance_to_reach(probabilities, target) > 1 - SINGULAR)
    places = np.flatnonzero(certain)
    if len(places):
        within = probabilities[np.ix_(places, places)]
        steps[places] = np.linalg.solve(
            np.eye(len(places)) - within, np.ones(len(places))
        )
    return steps


def chance_to_reach(probabilities: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The chance that a chain ever enters a set of states (Norris 1997, 1.3).

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (s, s)
        Rows sum to at most 1.
    target : numpy.ndarray of shape (s,), bool

    Returns
    -------
    numpy.ndarray of shape (s,)
        1 in the set, 0 where no path leads to it.
    """
    can = target.copy()
    while True:
        grown = can | (probabilities[:, can].sum(axis=1) > 0)
        if (grown == can).all():
            break
        can = grown
    chance = target.astype(float)
    places = np.flatnonzero(can & ~target)
    if len(places):
        within = probabilities[np.ix_(places, places)]
        straight = probabilities[np.ix_(places, np.flatnonzero(target))].sum(axis=1)
        chance[places] = np.linalg.solve(np.eye(len(places)) - within, straight)
    return chance


def steady_state(probabilities: np.ndarray) -> np.ndarray | None:
    """The shares that a step leaves as they are, when there is just one such mix.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (s, s)
        Rows sum to 1.

    Returns
    -------
    numpy.ndarray of shape (s,) or None
        Sums to 1. None when the chain falls into parts that are never left, so that
        the long run depends on the start.
    """
    count = len(probabilities)
    system = probabilities.T - np.eye(count)
    if np.linalg.matrix_rank(system, tol=SINGULAR) < count - 1:
        return None
    stacked = np.vstack([system, np.ones(count)])
    wanted = np.append(np.zeros(count), 1.0)
    shares, *_ = np.linalg.lstsq(stacked, wanted, rcond=None)
    shares = np.where(shares > SINGULAR, shares, 0.0)
    return shares / shares.sum()


def forecast(chain: Chain, sizes: np.ndarray, *, steps: int) -> np.ndarray:
    """Expected customers in each state after 1..steps steps.

    Parameters
    ----------
    chain : Chain
    sizes : numpy.ndarray of shape (s,)
        Customers in each state now.
    steps : int

    Returns
    -------
    numpy.ndarray of shape (steps, s)
        Each step moves everybody by the probabilities and adds the newcomers of a
        recent step.
    """
    found = []
    for _ in range(steps):
        sizes = sizes @ chain.probabilities + chain.entries
        found.append(sizes)
    return np.array(found).reshape(steps, len(chain.states))


def expected_revenue(chain: Chain, *, steps: int) -> np.ndarray:
    """Money expected of a customer in the next steps, by the state they start in.

    Returns
    -------
    numpy.ndarray of shape (s,)
        Sum over k < steps of P^k r, in the unit of the revenue, not discounted.
    """
    total = np.zeros(len(chain.states))
    for _ in range(steps):
        total = chain.mean_revenue + chain.probabilities @ total
    return total


def fit_transition_models(
    steps: pa.Table,
    *,
    churned: Mapping[str, Sequence[str]],
    last_steps: Mapping[str, int] | None = None,
    test_steps: int = 3,
    forecast_steps: int = 12,
) -> pa.Table:
    """Fit a first-order Markov chain to each scheme's monthly steps, all as rows.

    Parameters
    ----------
    steps : pyarrow.Table
        One row per scheme, from_date, to_date, from_segment, to_segment:
        customer_count, net_revenue. ENTERED as from_segment is an entry, LEFT as
        to_segment a customer who is there no more. Steps follow without a hole.
    churned : mapping of scheme to segments
        The segments that mean "gone"; a scheme that is not named has none.
    last_steps : mapping of scheme to int, optional
        How many of its last steps a scheme learns from, where moves of long ago do not
        come back; a scheme that is not named learns from all.
    test_steps : int
        The last steps, kept from the fit that is judged.
    forecast_steps : int
        How many steps ahead to forecast.

    Returns
    -------
    pyarrow.Table
        `TRANSITION_MODEL_SCHEMA`, sorted. `fit` is 'all' (up to the last step) or
        'test' (up to the last but test_steps, empty when that leaves none). Components:
        'probability', 'probability_lower', 'probability_upper' (Wilson, 95 %),
        'move_count' per pair of segments; 'start_count', 'mean_revenue' (per customer
        and step), 'entry_count' (mean of recent steps), 'steady_state',
        'steps_to_churn', 'expected_revenue' (over forecast_steps), 'size' per segment;
        'forecast' per segment and step ahead. For 'test' also 'actual' and
        'no_change' per segment and step. Null: not defined.

    Raises
    ------
    ValueError
        When a column is missing, a key repeats, or a parameter is below 1.

    Notes
    -----
    For the steady state and the steps to churn the chain is closed: nobody enters, and
    who vanished is left out of the shares. Expected revenue and forecasts let them go.
    There is no steady state where moves lead to a segment that nobody was seen to start
    in.
    """
    require_columns(steps, STEP_COLUMNS, name="steps")
    at_least("test_steps", test_steps, 1, "one step must be left to judge by")
    at_least("forecast_steps", forecast_steps, 1, "one step is the least forecast")
    last_steps = last_steps or {}
    for scheme, count in last_steps.items():
        at_least(f"last_steps of {scheme}", count, 1, "leave it out to learn from all")
    rows = []
    ordered = sorted_by(
        steps.select(STEP_COLUMNS),
        ["scheme", "from_date", "to_date", "from_segment", "to_segment"],
        name="steps",
    )
    for scheme in sorted(set(ordered["scheme"].to_pylist())):
        part = ordered.filter(pc.equal(ordered["scheme"], scheme))
        rows += _scheme_rows(
            part,
            scheme=scheme,
            churned=set(churned.get(scheme, ())),
            last_steps=last_steps.get(scheme, 0),
            test_steps=test_steps,
            forecast_steps=forecast_steps,
        )
    rows.sort(key=lambda row: row[1:7])
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 8
    return conform(
        dict(zip(TRANSITION_MODEL_SCHEMA.names, map(list, columns), strict=True)),
        TRANSITION_MODEL_SCHEMA,
        name="transition models",
    )


def fit_event_chain(steps: pa.Table) -> pa.Table:
    """Fit a first-order Markov chain to what visitors do next within a session.

    Parameters
    ----------
    steps : pyarrow.Table
        One row per from_event (START included) and to_event (END included):
        move_count.

    Returns
    -------
    pyarrow.Table
        `EVENT_CHAIN_SCHEMA`, sorted by from_event and to_event: the moves seen, their
        probability with a 95 % Wilson interval, and purchase_probability, the chance
        that a session comes to a purchase from from_event on (1 after one). 0 rows
        in, 0 rows out.

    Raises
    ------
    ValueError
        When a column is missing or a pair of events repeats.
    """
    require_columns(steps, ["from_event", "to_event", "move_count"], name="steps")
    ordered = sorted_by(
        steps.select(["from_event", "to_event", "move_count"]),
        ["from_event", "to_event"],
        name="steps",
    )
    if ordered.num_rows == 0:
        return EVENT_CHAIN_SCHEMA.empty_table()
    starts, ends = ordered["from_event"].to_pylist(), ordered["to_event"].to_pylist()
    events = sorted({*starts, *ends})
    place = {event: number for number, event in enumerate(events)}
    rows = [place[event] for event in starts]
    columns = [place[event] for event in ends]
    counts = to_matrix(ordered, ["move_count"], name="steps")[:, 0]
    moves = np.zeros((len(events), len(events)))
    moves[rows, columns] = counts
    totals = moves.sum(axis=1)
    shares = _shares(moves, totals[:, None])
    chances = chance_to_reach(shares, np.array([e == PURCHASE for e in events]))
    lower, upper = wilson_interval(counts, totals[rows])
    version = content_hash({"events": events, "moves": moves})
    return conform(
        {
            "model_version": [version] * ordered.num_rows,
            "from_event": starts,
            "to_event": ends,
            "move_count": counts,
            "from_count": totals[rows],
            "probability": shares[rows, columns],
            "lower": lower,
            "upper": upper,
            "purchase_probability": chances[rows],
        },
        EVENT_CHAIN_SCHEMA,
        name="event chain",
    )


def _scheme_rows(
    part, *, scheme, churned, last_steps, test_steps, forecast_steps
) -> list[tuple]:
    names = set(part["from_segment"].to_pylist()) | set(part["to_segment"].to_pylist())
    states = tuple(sorted(names - {ENTERED, LEFT}))
    dates = sorted(set(part["to_date"].to_pylist()))
    sizes = {date: _sizes(part, states, date) for date in dates}
    # From -0 on are all of them.
    whole = _chain(part, states, dates[-last_steps:])
    version = content_hash(
        {
            "scheme": scheme,
            "states": list(states),
            "moves": whole.moves,
            "starters": whole.starters,
            "revenue": whole.revenue,
            "entries": whole.entries,
        }
    )
    rows = [
        (version, scheme, "all", *row)
        for row in _fit_rows(whole, churned, sizes[dates[-1]], forecast_steps)
    ]
    learned, judged = dates[:-test_steps], dates[-test_steps:]
    if learned:
        chain = _chain(part, states, learned[-last_steps:])
        start = sizes[learned[-1]]
        told = _fit_rows(chain, churned, start, len(judged))
        for step, date in enumerate(judged, start=1):
            told += [
                ("actual", state, "", step, float(count))
                for state, count in zip(states, sizes[date], strict=True)
            ]
            told += [
                ("no_change", state, "", step, float(count))
                for state, count in zip(states, start, strict=True)
            ]
        rows += [(version, scheme, "test", *row) for row in told]
    return rows


def _fit_rows(chain, churned, sizes, forecast_steps) -> list[tuple]:
    states = chain.states
    closed = replace(chain, starters=chain.moves.sum(axis=1)).probabilities
    lower, upper = wilson_interval(chain.moves, chain.starters[:, None])
    rows = []
    for i, start in enumerate(states):
        for j, end in enumerate(states):
            cell = {
                "probability": chain.probabilities[i, j],
                "probability_lower": lower[i, j],
                "probability_upper": upper[i, j],
                "move_count": chain.moves[i, j],
            }
            rows += [(name, start, end, 0, float(v)) for name, v in cell.items()]
    target = np.array([state in churned for state in states])
    steps_to_churn = expected_steps_to(closed, target)
    steady = _long_run(chain.moves)
    money = expected_revenue(chain, steps=forecast_steps)
    for i, state in enumerate(states):
        told = {
            "start_count": chain.starters[i],
            "mean_revenue": chain.mean_revenue[i],
            "entry_count": chain.entries[i],
            "steady_state": None if steady is None else steady[i],
            "steps_to_churn": (
                steps_to_churn[i] if np.isfinite(steps_to_churn[i]) else None
            ),
            "expected_revenue": money[i],
            "size": sizes[i],
        }
        rows += [
            (name, state, "", 0, None if v is None else float(v))
            for name, v in told.items()
        ]
    ahead = forecast(chain, sizes, steps=forecast_steps)
    rows += [
        ("forecast", state, "", step, float(ahead[step - 1, i]))
        for step in range(1, forecast_steps + 1)
        for i, state in enumerate(states)
    ]
    return rows


def _long_run(moves: np.ndarray) -> np.ndarray | None:
    """Steady state of the moves seen, those who vanished left out.

    None also where moves lead to a state that nobody was seen to start in: that it
    keeps all of them is good enough for the next step, but not for the long run.
    """
    started = moves.sum(axis=1) > 0
    if not started.any() or moves[:, ~started].any():
        return None
    within = moves[np.ix_(started, started)]
    shares = steady_state(_shares(within, within.sum(axis=1)[:, None]))
    if shares is None:
        return None
    found = np.zeros(len(moves))
    found[started] = shares
    return found


def _chain(part: pa.Table, states: tuple[str, ...], dates: Sequence) -> Chain:
    """Add up the steps that end on some dates."""
    place = {state: number for number, state in enumerate(states)}
    count = len(states)
    moves, starters = np.zeros((count, count)), np.zeros(count)
    revenue, entries = np.zeros(count), np.zeros(count)
    wanted, recent = set(dates), set(dates[-ENTRY_STEPS:])
    numbers = to_matrix(part, ["customer_count", "net_revenue"], name="steps")
    for (customers, money), start, end, date in zip(
        numbers,
        part["from_segment"].to_pylist(),
        part["to_segment"].to_pylist(),
        part["to_date"].to_pylist(),
        strict=True,
    ):
        if date not in wanted:
            continue
        if start == ENTERED:
            if date in recent:
                entries[place[end]] += customers
            continue
        starters[place[start]] += customers
        revenue[place[start]] += money
        if end != LEFT:
            moves[place[start], place[end]] += customers
    return Chain(states, moves, starters, revenue, entries / len(recent))


def _sizes(part: pa.Table, states: tuple[str, ...], date) -> np.ndarray:
    """Customers in each state on a date, those who entered by it included."""
    place = {state: number for number, state in enumerate(states)}
    sizes = np.zeros(len(states))
    for end, day, customers in zip(
        part["to_segment"].to_pylist(),
        part["to_date"].to_pylist(),
        part["customer_count"].to_pylist(),
        strict=True,
    ):
        if day == date and end != LEFT:
            sizes[place[end]] += customers
    return sizes
