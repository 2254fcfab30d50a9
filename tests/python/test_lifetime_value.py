"""BG/NBD, MBG/NBD, Gamma-Gamma: published values, lifetimes, and what breaks fits."""

from pathlib import Path

import lifetimes
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from lifetimes import (
    BetaGeoFitter,
    GammaGammaFitter,
    ModifiedBetaGeoFitter,
)
from scipy.optimize import approx_fprime
from scipy.stats import pearsonr

from precision_marketing.lifetime_value import (
    LIFETIME_MODEL_SCHEMA,
    OrderGroups,
    correlation,
    fit_lifetime_models,
    fit_order_model,
    fit_value_model,
    order_log_likelihood,
    value_log_likelihood,
)

# The 2,357 customers of CDNOW's published sample, in weeks, as lifetimes brings them.
SAMPLE = pd.read_csv(
    Path(lifetimes.__file__).parent
    / "datasets"
    / "cdnow_customers_summary_with_transactions.csv"
)
PEERS = {"bg_nbd": BetaGeoFitter, "mbg_nbd": ModifiedBetaGeoFitter}
FIRST_CHANCES = {"bg_nbd": 0, "mbg_nbd": 1}


def sample_orders():
    ones = np.ones(len(SAMPLE))
    return (*SAMPLE[["x", "t_x", "T"]].to_numpy(float).T, ones)


def simulate(model, customers, seed, *, r=0.6, alpha=60.0, a=0.5, b=3.0, days=730):
    """Order groups in whole days of customers who come and go as the model says."""
    random = np.random.default_rng(seed)
    rate = random.gamma(r, 1 / alpha, customers)
    # Below it numpy draws no geometric number; nobody then lives to leave.
    leaving = np.maximum(random.beta(a, b, customers), 1e-12)
    first = random.integers(0, days // 2, customers)
    rows = []
    for number in range(customers):
        chances = random.geometric(leaving[number])
        # A customer of BG/NBD cannot leave at the first order.
        most = chances - FIRST_CHANCES[model]
        span = days - first[number]
        times = np.sort(random.uniform(0, span, random.poisson(rate[number] * span)))
        bought = np.unique(np.ceil(times[:most]).astype(int))
        rows.append((len(bought), bought[-1] if len(bought) else 0, span))
    frame = pd.DataFrame(rows, columns=["repeat_count", "active_days", "age_days"])
    frame["active_days"] = frame[["active_days", "age_days"]].min(axis=1)
    counted = (
        frame.groupby(list(frame.columns)).size().reset_index(name="customer_count")
    )
    return pa.Table.from_pandas(counted, preserve_index=False)


def simulate_values(customers, seed, *, p=5.0, q=4.0, v=20.0):
    random = np.random.default_rng(seed)
    repeats = random.integers(1, 12, customers)
    value = random.gamma(p * repeats) / random.gamma(q, 1 / v, customers)
    return pa.table(
        {
            "repeat_count": repeats,
            "repeat_value": np.round(value, 6),
            "customer_count": np.ones(customers, dtype=int),
        }
    )


def parameters(models, model):
    rows = models.filter(
        (pc.field("model") == model) & (pc.field("component") == "parameter")
    )
    return {row["parameter"]: row for row in rows.to_pylist()}


def meta(models, model):
    rows = models.filter(
        (pc.field("model") == model) & (pc.field("component") == "meta")
    )
    return {row["parameter"]: row["value"] for row in rows.to_pylist()}


@pytest.fixture(scope="module")
def orders():
    return simulate("mbg_nbd", 4_000, 3)


@pytest.fixture(scope="module")
def values():
    return simulate_values(2_000, 4)


@pytest.fixture(scope="module")
def models(orders, values):
    return fit_lifetime_models(orders, values)


def test_published_values_of_bg_nbd():
    """Fader, Hardie and Lee 2005, table 2."""
    fit = fit_order_model("bg_nbd", *sample_orders())
    assert {name: round(value, 3) for name, value in fit.value.items()} == {
        "r": 0.243,
        "alpha": 4.414,
        "a": 0.793,
        "b": 2.426,
    }
    assert round(fit.log_likelihood, 1) == -9582.4


def test_published_values_of_gamma_gamma():
    """Fader and Hardie 2013, section 5: 946 customers who came back.

    Means of the file are rounded to cents, which moves v in its fourth digit; the
    end-to-end test reads the exact ones.
    """
    repeat = SAMPLE[SAMPLE["x"] > 0]
    fit = fit_value_model(
        repeat["x"].to_numpy(float), repeat["zbar"].to_numpy(), np.ones(len(repeat))
    )
    assert len(repeat) == 946
    published = {"p": 6.25, "q": 3.74, "v": 15.44}
    for name, value in published.items():
        np.testing.assert_allclose(fit.value[name], value, rtol=2e-3)


@pytest.mark.parametrize("model", PEERS)
def test_the_maximum_is_that_of_lifetimes_or_higher(model):
    repeats, active, age, count = sample_orders()
    theirs = PEERS[model]().fit(repeats, active, age)
    fit = fit_order_model(model, repeats, active, age, count)
    their_likelihood, _ = order_log_likelihood(
        np.log([theirs.params_[name] for name in fit.value]),
        OrderGroups.of(repeats, active, age, count),
        first_chances=FIRST_CHANCES[model],
    )
    assert fit.log_likelihood >= their_likelihood - 1e-6
    for name, value in fit.value.items():
        np.testing.assert_allclose(value, theirs.params_[name], rtol=1e-3)
    # Theirs is the mean of the negative.
    by_them = theirs._negative_log_likelihood(
        np.log(theirs.params_.to_numpy()), repeats, active, age, count, 0
    )
    np.testing.assert_allclose(-their_likelihood / len(repeats), by_them, rtol=1e-9)


def test_the_value_of_orders_is_that_of_lifetimes():
    repeat = SAMPLE[SAMPLE["x"] > 0]
    theirs = GammaGammaFitter().fit(repeat["x"], repeat["zbar"])
    ours, _ = value_log_likelihood(
        np.log([theirs.params_[name] for name in ("p", "q", "v")]),
        repeat["x"].to_numpy(float),
        repeat["zbar"].to_numpy(),
        np.ones(len(repeat)),
    )
    np.testing.assert_allclose(
        -ours / len(repeat), theirs._negative_log_likelihood_, rtol=1e-9
    )


@pytest.mark.parametrize("first_chances", [0, 1])
def test_gradients_are_those_of_finite_differences(first_chances):
    random = np.random.default_rng(0)
    repeats = np.array([0.0, 0.0, 1.0, 5.0, 40.0])
    age = np.array([0.0, 30.0, 12.0, 39.0, 50.0])
    active = np.array([0.0, 0.0, 12.0, 20.0, 45.0])
    count = np.array([3.0, 10.0, 4.0, 2.0, 1.0])
    groups = OrderGroups.of(repeats, active, age, count)
    for logs in random.normal(0, 1.5, (20, 4)):

        def likelihood(at):
            return order_log_likelihood(at, groups, first_chances=first_chances)

        numeric = approx_fprime(logs, lambda at: likelihood(at)[0], 1e-7)
        np.testing.assert_allclose(likelihood(logs)[1], numeric, rtol=1e-4, atol=1e-4)
    for logs in random.normal(0, 1.5, (20, 3)):

        def likelihood(at):
            return value_log_likelihood(at, repeats[2:], age[2:], count[2:])

        numeric = approx_fprime(logs, lambda at: likelihood(at)[0], 1e-7)
        np.testing.assert_allclose(likelihood(logs)[1], numeric, rtol=1e-4, atol=1e-4)


def test_ten_thousand_orders_have_a_finite_likelihood():
    arguments = [np.array([value]) for value in (10_000.0, 9_999.0, 10_500.0, 1.0)]
    for first_chances in (0, 1):
        value, gradient = order_log_likelihood(
            np.zeros(4), OrderGroups.of(*arguments), first_chances=first_chances
        )
        assert np.isfinite(value) and np.isfinite(gradient).all()


def test_standard_errors_are_the_spread_of_estimates():
    """Forty shops of the same kind: the mean error is near the spread of their fits."""
    fits = []
    for seed in range(40):
        groups = simulate("bg_nbd", 1_500, seed)
        columns = [
            groups[name].to_numpy().astype(float)
            for name in ("repeat_count", "active_days", "age_days", "customer_count")
        ]
        fits.append(fit_order_model("bg_nbd", *columns))
    for name in ("r", "alpha"):
        logs = np.log([fit.value[name] for fit in fits])
        errors = [fit.standard_error[name] / fit.value[name] for fit in fits]
        # A spread of forty is itself known to about a ninth.
        assert 0.7 < np.std(logs, ddof=1) / np.mean(errors) < 1.3


def test_what_was_planted_is_found(models):
    planted = {"r": 0.6, "alpha": 60 / 7, "a": 0.5, "b": 3.0}
    for name, row in parameters(models, "mbg_nbd").items():
        assert row["lower"] < planted[name] < row["upper"], row
    planted = {"p": 5.0, "q": 4.0, "v": 20.0}
    for name, row in parameters(models, "gamma_gamma").items():
        assert row["lower"] < planted[name] < row["upper"], row
    likelihoods = {
        model: meta(models, model)["log_likelihood"] for model in FIRST_CHANCES
    }
    assert likelihoods["mbg_nbd"] > likelihoods["bg_nbd"]


def test_table_has_its_schema_and_grain(models):
    assert models.schema.equals(LIFETIME_MODEL_SCHEMA)
    keys = [models[key].to_pylist() for key in ("model", "component", "parameter")]
    assert len(set(zip(*keys, strict=True))) == models.num_rows
    assert all(
        meta(models, model)["status_code"] == 1
        for model in ("bg_nbd", "mbg_nbd", "gamma_gamma")
    )


def test_the_order_of_rows_is_of_no_account(orders, values, models):
    random = np.random.default_rng(0)
    shuffled = [
        table.take(pa.array(random.permutation(table.num_rows)))
        for table in (orders, values)
    ]
    assert fit_lifetime_models(*shuffled).equals(models)


def test_customers_who_share_a_history_may_be_counted(orders, values, models):
    names = ("repeat_count", "active_days", "age_days")
    count = orders["customer_count"].to_numpy()
    single = [np.repeat(orders[name].to_numpy() / 1.0, count) for name in names]
    weeks = [single[0], single[1] / 7, single[2] / 7]
    fit = fit_order_model("mbg_nbd", *weeks, np.ones(count.sum()))
    for name, row in parameters(models, "mbg_nbd").items():
        np.testing.assert_allclose(row["value"], fit.value[name], rtol=1e-5)


def test_the_unit_of_time_scales_alpha_and_nothing_else(orders, values, models):
    daily = fit_lifetime_models(orders, values, time_unit="day")
    orders_made = np.dot(
        orders["repeat_count"].to_numpy(), orders["customer_count"].to_numpy()
    )
    for model in FIRST_CHANCES:
        by_week, by_day = parameters(models, model), parameters(daily, model)
        for name, row in by_week.items():
            scale = 7 if name == "alpha" else 1
            for column in ("value", "standard_error", "lower", "upper"):
                np.testing.assert_allclose(
                    row[column] * scale, by_day[name][column], rtol=1e-6
                )
        # A density a day is a seventh of that a week, once for each order.
        np.testing.assert_allclose(
            meta(daily, model)["log_likelihood"],
            meta(models, model)["log_likelihood"] - orders_made * np.log(7),
        )


def test_where_nobody_leaves_only_rates_are_told(values):
    groups = simulate("bg_nbd", 3_000, 5, a=0.01, b=1e6)
    models = fit_lifetime_models(groups, values)
    for model in FIRST_CHANCES:
        found = parameters(models, model)
        assert meta(models, model)["status_code"] == 1
        assert meta(models, model)["untold_count"] == 2
        for name in ("a", "b"):
            assert found[name]["standard_error"] is None
            assert found[name]["lower"] is None
        for name, planted in (("r", 0.6), ("alpha", 60 / 7)):
            assert found[name]["lower"] < planted < found[name]["upper"]
        # Nearly nobody leaves at an order.
        a, b = found["a"]["value"], found["b"]["value"]
        assert a / (a + b) < 1e-3


def test_too_few_customers_give_no_parameters(orders, values):
    models = fit_lifetime_models(orders, values, min_customers=4_001)
    for model in FIRST_CHANCES:
        assert meta(models, model)["status_code"] == 0
        assert all(row["value"] is None for row in parameters(models, model).values())
    assert meta(models, "gamma_gamma")["status_code"] == 1
    models = fit_lifetime_models(orders, values, min_repeat_customers=2_001)
    assert meta(models, "gamma_gamma")["status_code"] == 0


def test_orders_without_a_mean_value_are_no_basis(orders):
    """q of at most 1: the mean of what orders are worth is infinite."""
    heavy = simulate_values(3_000, 6, q=0.6)
    models = fit_lifetime_models(orders, heavy)
    assert parameters(models, "gamma_gamma")["q"]["value"] < 1
    assert meta(models, "gamma_gamma")["status_code"] == 0


def test_nobody_gives_no_rows(orders, values):
    nothing = fit_lifetime_models(orders.slice(0, 0), values.slice(0, 0))
    assert nothing.num_rows == 0
    assert nothing.schema.equals(LIFETIME_MODEL_SCHEMA)


def test_customers_of_one_day_have_no_model(values):
    groups = pa.table(
        {
            "repeat_count": [0],
            "active_days": [0],
            "age_days": [0],
            "customer_count": [500],
        }
    )
    models = fit_lifetime_models(groups, values)
    assert meta(models, "bg_nbd")["status_code"] == 0
    assert meta(models, "bg_nbd")["customer_count"] == 500


def test_the_version_names_what_was_learned_and_from_what(orders, values, models):
    again = fit_lifetime_models(orders, values)
    assert again.equals(models)
    fewer = fit_lifetime_models(orders.slice(1), values)

    def version(table, model):
        rows = table.filter(pc.field("model") == model)
        (found,) = set(rows["model_version"].to_pylist())
        return found

    for model in FIRST_CHANCES:
        assert version(models, model) != version(fewer, model)
    assert version(models, "gamma_gamma") == version(fewer, "gamma_gamma")


def test_correlation_is_that_of_scipy(values):
    repeats = values["repeat_count"].to_numpy().astype(float)
    mean_value = values["repeat_value"].to_numpy() / repeats
    found, lower, upper = correlation(repeats, mean_value, np.ones(len(repeats)))
    expected = pearsonr(repeats, mean_value)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose([found, lower, upper], [expected.statistic, *interval])
    counted = correlation(repeats, mean_value, np.full(len(repeats), 2.0))
    np.testing.assert_allclose(counted[0], found)
    assert counted[1] > lower


@pytest.mark.parametrize(
    ("left", "count"), [([1, 1, 1, 1], [1] * 4), ([1, 2, 3], [1, 1, 1])]
)
def test_correlation_of_too_little_is_none(left, count):
    right = np.arange(len(left), dtype=float)
    found = correlation(np.array(left, float), right, np.array(count, float))
    assert found == (None, None, None)


def test_bad_settings_and_groups_are_named(orders, values):
    with pytest.raises(
        ValueError, match="time_unit must be one of day, week, got 'mon"
    ):
        fit_lifetime_models(orders, values, time_unit="month")
    with pytest.raises(ValueError, match="min_customers must be at least 1, got 0"):
        fit_lifetime_models(orders, values, min_customers=0)
    swapped = orders.rename_columns(
        ["repeat_count", "age_days", "active_days", "customer_count"]
    )
    with pytest.raises(ValueError, match="0 <= active_days <= age_days"):
        fit_lifetime_models(swapped, values)
    with pytest.raises(ValueError, match="identify a row, got 1 repeated keys"):
        fit_lifetime_models(pa.concat_tables([orders, orders.slice(0, 1)]), values)
    free = pa.table({"repeat_count": [1], "repeat_value": [0.0], "customer_count": [9]})
    with pytest.raises(ValueError, match="repeat_value and customer_count above 0"):
        fit_lifetime_models(orders, free)
