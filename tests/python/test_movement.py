"""Markov chains of segments: textbook cases, planted chains and small shops."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binomtest

from precision_marketing.movement import (
    ENTERED,
    LEFT,
    TRANSITION_MODEL_SCHEMA,
    Chain,
    chance_to_reach,
    expected_revenue,
    expected_steps_to,
    fit_event_chain,
    fit_transition_models,
    forecast,
    steady_state,
    wilson_interval,
)


def month(number: int) -> dt.date:
    return dt.date(2024 + number // 12, number % 12 + 1, 1)


def steps_table(rows: list[tuple]) -> pa.Table:
    """Rows of (month, from, to, customers, revenue) as steps of one scheme."""
    return pa.table(
        {
            "scheme": ["lifecycle"] * len(rows),
            "from_date": [month(row[0]) for row in rows],
            "to_date": [month(row[0] + 1) for row in rows],
            "from_segment": [row[1] for row in rows],
            "to_segment": [row[2] for row in rows],
            "customer_count": [row[3] for row in rows],
            "net_revenue": [row[4] for row in rows],
        }
    )


def values(models: pa.Table, component: str, *, fit: str = "all") -> dict:
    return {
        (row["from_segment"], row["to_segment"], row["step"]): row["value"]
        for row in models.to_pylist()
        if row["component"] == component and row["fit"] == fit
    }


def test_steps_to_a_state_are_those_of_a_gambler():
    # A fair game between 0 and 3: from 1 and 2 it takes 1 * 2 = 2 steps (Feller).
    game = np.array([[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 0, 1]])
    ends = np.array([True, False, False, True])
    assert expected_steps_to(game, ends) == pytest.approx([0, 2, 2, 0])
    # Reaching one end alone is not certain.
    assert np.isinf(
        expected_steps_to(game, np.array([False, False, False, True]))[:3]
    ).all()


def test_without_a_state_to_reach_none_is_ever_reached():
    assert np.isinf(expected_steps_to(np.eye(2), np.array([False, False]))).all()


def test_the_steady_state_is_the_textbook_one():
    # Two states left with chances a and b settle at b : a.
    chain = np.array([[0.7, 0.3], [0.1, 0.9]])
    assert steady_state(chain) == pytest.approx([0.25, 0.75])
    assert steady_state(np.eye(2)) is None
    assert steady_state(np.array([[0.5, 0.5], [0.0, 1.0]])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (1, 1)])
def test_intervals_are_those_of_scipy(successes, trials):
    oracle = binomtest(successes, trials).proportion_ci(method="wilson")
    lower, upper = wilson_interval(np.array([successes]), np.array([trials]))
    assert (lower[0], upper[0]) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_without_a_trial_anything_is_possible():
    lower, upper = wilson_interval(np.array([0.0]), np.array([0.0]))
    assert (lower[0], upper[0]) == (0.0, 1.0)


def test_a_forecast_moves_everybody_and_adds_newcomers():
    chain = Chain(
        states=("a", "b"),
        moves=np.array([[6.0, 2.0], [0.0, 4.0]]),
        starters=np.array([8.0, 8.0]),  # half of b vanished
        revenue=np.array([16.0, 4.0]),
        entries=np.array([1.0, 0.0]),
    )
    found = forecast(chain, np.array([4.0, 4.0]), steps=2)
    assert found.tolist() == [[4.0, 3.0], [4.0, 2.5]]
    # r = (2, 0.5): one step gives r, two add P r = (1.5 + 0.125, 0.25).
    assert expected_revenue(chain, steps=2) == pytest.approx([3.625, 0.75])


def test_counts_become_probabilities_and_a_forecast_is_judged_on_what_it_did_not_see():
    rows = []
    for number in range(4):
        rows += [
            (number, "active", "active", 6, 60.0),
            (number, "active", "lapsed", 2, 4.0),
            (number, "lapsed", "lapsed", 1, 0.0),
            (number, ENTERED, "active", 2, 20.0),
            (number, "active", LEFT, 2, 6.0),
        ]
    models = fit_transition_models(
        steps_table(rows),
        churned={"lifecycle": ["lapsed"]},
        test_steps=1,
        forecast_steps=2,
    )
    assert models.schema.equals(TRANSITION_MODEL_SCHEMA)
    probability = values(models, "probability")
    assert probability["active", "lapsed", 0] == pytest.approx(0.2)
    assert probability["active", "active", 0] == pytest.approx(0.6)
    assert values(models, "mean_revenue")["active", "", 0] == pytest.approx(7.0)
    # Among those who stayed customers 2 of 8 lapse: 4 months.
    assert values(models, "steps_to_churn")["active", "", 0] == pytest.approx(4.0)
    assert values(models, "size")["active", "", 0] == 8
    assert values(models, "forecast")["active", "", 1] == pytest.approx(8 * 0.6 + 2)
    assert values(models, "actual", fit="test")["active", "", 1] == 8
    assert values(models, "no_change", fit="test")["active", "", 1] == 8
    assert values(models, "forecast", fit="test")["active", "", 1] == pytest.approx(6.8)


def test_what_the_test_saw_is_not_learned_from():
    calm = [(n, "active", "active", 10, 0.0) for n in range(5)]
    storm = [(5, "active", "lapsed", 10, 0.0)]
    models = fit_transition_models(
        steps_table(calm + storm), churned={}, test_steps=1, forecast_steps=1
    )
    assert values(models, "forecast", fit="test")["active", "", 1] == 10
    assert values(models, "actual", fit="test")["active", "", 1] == 0
    assert values(models, "probability")["active", "lapsed", 0] == pytest.approx(1 / 6)


def test_a_scheme_learns_from_its_last_steps_alone_when_told_to():
    settled = [(n, "a", "b", 10, 0.0) for n in range(4)]
    settled += [(n, "b", "b", 10, 7.0) for n in range(4)]
    unsettled = settled[:4] + [(n, "b", "a", 30, 1.0) for n in range(2)] + settled[6:]
    options = {"churned": {}, "test_steps": 1}
    old = fit_transition_models(steps_table(unsettled[4:6]), **options)
    recent = fit_transition_models(
        steps_table(unsettled), last_steps={"lifecycle": 2}, **options
    )
    other = fit_transition_models(
        steps_table(unsettled), last_steps={"rfm": 2}, **options
    )
    moves = {("a", "a", 0): 0, ("a", "b", 0): 20, ("b", "a", 0): 0, ("b", "b", 0): 20}
    assert values(old, "move_count")["b", "a", 0] == 60
    assert values(recent, "move_count") == moves
    assert values(other, "move_count") == moves | {("a", "b", 0): 40, ("b", "a", 0): 60}
    # The fit that is judged saw one step of the two.
    assert values(recent, "move_count", fit="test")["b", "a", 0] == 30
    assert values(recent, "mean_revenue")["b", "", 0] == 0.7


def test_a_planted_chain_is_found_again():
    planted = np.array([[0.80, 0.15, 0.05], [0.30, 0.50, 0.20], [0.02, 0.00, 0.98]])
    names = ["active", "cooling", "lapsed"]
    generator = np.random.default_rng(7)
    sizes, rows = np.array([4000, 3000, 3000]), []
    for number in range(24):
        moves = np.array(
            [generator.multinomial(sizes[i], planted[i]) for i in range(3)]
        )
        rows += [
            (number, names[i], names[j], int(moves[i, j]), 0.0)
            for i in range(3)
            for j in range(3)
            if moves[i, j]
        ]
        sizes = moves.sum(axis=0)
    models = fit_transition_models(steps_table(rows), churned={"lifecycle": ["lapsed"]})
    lower, upper = (values(models, f"probability_{end}") for end in ("lower", "upper"))
    missed = 0
    for i, start in enumerate(names):
        for j, end in enumerate(names):
            cell = (start, end, 0)
            missed += not lower[cell] <= planted[i, j] <= upper[cell]
            assert values(models, "probability")[cell] == pytest.approx(
                planted[i, j], abs=0.01
            )
    assert missed <= 2
    months = expected_steps_to(planted, np.array([False, False, True]))
    assert values(models, "steps_to_churn")["active", "", 0] == pytest.approx(
        months[0], rel=0.05
    )
    errors = {
        kind: sum(
            abs(value - values(models, "actual", fit="test")[cell])
            for cell, value in values(models, kind, fit="test").items()
        )
        for kind in ("forecast", "no_change")
    }
    assert errors["forecast"] <= errors["no_change"]


def test_one_step_gives_a_chain_but_nothing_to_judge_it_by():
    models = fit_transition_models(
        steps_table([(0, "new", "new", 1, 5.0)]), churned={"lifecycle": ["lapsed"]}
    )
    assert set(models["fit"].to_pylist()) == {"all"}
    assert values(models, "steps_to_churn") == {("new", "", 0): None}
    assert values(models, "steady_state") == {("new", "", 0): 1.0}


def test_where_nobody_was_seen_leaving_there_is_no_long_run_to_tell():
    # Lapsed is first reached by the last step: that all end there is not known.
    models = fit_transition_models(
        steps_table(
            [
                (0, "active", "active", 9, 0.0),
                (0, "active", "lapsed", 1, 0.0),
            ]
        ),
        churned={"lifecycle": ["lapsed"]},
    )
    assert set(values(models, "steady_state").values()) == {None}


def test_a_state_that_nobody_is_in_any_more_does_not_hide_the_long_run():
    rows = [(0, "gone", "active", 5, 0.0)]
    rows += [(1, "active", "cooling", 2, 0.0), (1, "cooling", "active", 2, 0.0)]
    rows += [(1, "active", "active", 2, 0.0)]
    models = fit_transition_models(
        steps_table(rows), churned={}, last_steps={"lifecycle": 1}
    )
    # Half of the active cool down, all of the cooling come back: 2 to 1.
    steady = {key[0]: v for key, v in values(models, "steady_state").items()}
    assert steady == pytest.approx({"active": 2 / 3, "cooling": 1 / 3, "gone": 0.0})


def test_nothing_gives_nothing_with_the_same_columns():
    empty = steps_table([(0, "new", "new", 1, 5.0)]).slice(0, 0)
    assert fit_transition_models(empty, churned={}).schema.equals(
        TRANSITION_MODEL_SCHEMA
    )
    assert fit_transition_models(empty, churned={}).num_rows == 0


def test_the_order_of_rows_does_not_matter():
    rows = [(n, a, b, 3, 1.0) for n in range(5) for a in "xyz" for b in "xyz"]
    table = steps_table(rows)
    shuffled = table.take(np.random.default_rng(1).permutation(len(rows)))
    assert fit_transition_models(table, churned={}).equals(
        fit_transition_models(shuffled, churned={})
    )


def test_a_wrong_call_says_what_is_wrong():
    table = steps_table([(0, "new", "new", 1, 5.0)])
    with pytest.raises(ValueError, match="test_steps must be at least 1"):
        fit_transition_models(table, churned={}, test_steps=0)
    with pytest.raises(ValueError, match="missing columns"):
        fit_transition_models(table.drop_columns(["scheme"]), churned={})


def test_the_chance_to_win_is_that_of_a_gambler():
    # A fair game between 0 and 3: from 1 the chance to end at 3 is 1/3 (Feller).
    game = np.array([[1, 0, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 0, 1]])
    three = np.array([False, False, False, True])
    assert chance_to_reach(game, three) == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_an_event_chain_gives_each_event_its_chance_of_a_purchase():
    steps = pa.table(
        {
            "from_event": [
                "(start)",
                "view",
                "view",
                "view",
                "cart",
                "cart",
                "purchase",
            ],
            "to_event": ["view", "cart", "view", "(end)", "purchase", "view", "(end)"],
            "move_count": [8, 8, 4, 4, 4, 4, 4],
        }
    )
    chain = fit_event_chain(steps.take([3, 0, 6, 1, 5, 2, 4])).to_pylist()
    chances = {row["from_event"]: row["purchase_probability"] for row in chain}
    # v = c / 2 + v / 4 and c = 1 / 2 + v / 2 give v = 1/2 and c = 3/4.
    assert chances == pytest.approx(
        {"(start)": 0.5, "view": 0.5, "cart": 0.75, "purchase": 1.0}
    )
    view_to_cart = next(
        r for r in chain if (r["from_event"], r["to_event"]) == ("view", "cart")
    )
    assert (view_to_cart["from_count"], view_to_cart["probability"]) == (16, 0.5)
    assert fit_event_chain(steps.slice(0, 0)).num_rows == 0
