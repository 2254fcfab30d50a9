"""The two-stage model of spending: sklearn by hand, sums, and what must not leak."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.special import expit
from sklearn.linear_model import GammaRegressor, LogisticRegression
from sklearn.preprocessing import StandardScaler

from precision_marketing.spend import (
    PENALTY,
    SPEND_MODEL_SCHEMA,
    fit_spend_model,
    spend_features,
)

FEATURES = ["log_repeats", "log_value"]


def shop(customers=2_000, seed=0):
    random = np.random.default_rng(seed)
    repeats, value = random.normal(0, 1, (2, customers))
    label = (random.random(customers) < expit(-0.5 + repeats)).astype(int)
    spend = label * random.gamma(3, np.exp(3 + 0.5 * value + 0.2 * repeats) / 3)
    return pa.table(
        {
            "as_of_date": [date(2024, 1, 1)] * customers,
            "customer_id": [f"c{n:05d}" for n in range(customers)],
            "split": ["train"] * customers,
            "label": label,
            "spend": spend,
            "log_repeats": repeats,
            "log_value": value,
        }
    )


def fit(table, **changes):
    options = {"feature_columns": FEATURES, "min_positives": 20, "min_negatives": 20}
    return fit_spend_model(table, **(options | changes))


def component(model, name):
    rows = model.filter(pc.field("component") == name).to_pylist()
    return {row["feature"]: row["value"] for row in rows}


def predicted(model, table):
    matrix = np.column_stack([table[name].to_numpy() for name in FEATURES])
    mean, scale, slope = (
        np.array([component(model, part)[name] for name in FEATURES])
        for part in ("mean", "scale", "spend_coefficient")
    )
    level = component(model, "spend_intercept")["intercept"]
    return np.exp(level + (matrix - mean) / scale @ slope)


@pytest.fixture(scope="module")
def fitted():
    table = shop()
    return table, fit(table)


def test_table_has_its_schema_and_grain(fitted):
    _, model = fitted
    assert model.schema.equals(SPEND_MODEL_SCHEMA)
    keys = [model[key].to_pylist() for key in ("component", "feature")]
    assert len(set(zip(*keys, strict=True))) == model.num_rows
    assert len(set(model["model_version"].to_pylist())) == 1
    assert set(model["algorithm"].to_pylist()) == {"two_stage"}


def test_the_first_stage_is_sklearns_on_everyone(fitted):
    table, model = fitted
    everyone = np.column_stack([table[name].to_numpy() for name in FEATURES])
    scaled = StandardScaler().fit_transform(everyone)
    oracle = LogisticRegression(solver="newton-cholesky", tol=1e-12)
    oracle.fit(scaled, table["label"].to_numpy())
    slopes = component(model, "coefficient")
    np.testing.assert_allclose(
        [slopes[name] for name in FEATURES], oracle.coef_[0], atol=1e-5
    )
    np.testing.assert_allclose(
        component(model, "intercept")["intercept"], oracle.intercept_[0], atol=1e-5
    )


def test_the_second_stage_is_sklearns_on_buyers(fitted):
    table, model = fitted
    buyers = table.filter(pc.field("label") == 1)
    everyone = np.column_stack([table[name].to_numpy() for name in FEATURES])
    scaler = StandardScaler().fit(everyone)
    matrix = scaler.transform(
        np.column_stack([buyers[name].to_numpy() for name in FEATURES])
    )
    amounts = buyers["spend"].to_numpy()
    oracle = GammaRegressor(alpha=PENALTY, tol=1e-10, max_iter=10_000)
    oracle.fit(matrix, amounts / amounts.mean())
    slopes = component(model, "spend_coefficient")
    np.testing.assert_allclose(
        [slopes[name] for name in FEATURES], oracle.coef_, atol=1e-5
    )
    # What was planted: half a logarithm of money a unit, and a fifth.
    np.testing.assert_allclose(oracle.coef_ / scaler.scale_, [0.2, 0.5], atol=0.06)


def test_buyers_are_forecast_to_spend_what_they_spent(fitted):
    table, model = fitted
    buyers = table.filter(pc.field("label") == 1)
    forecast = predicted(model, buyers)
    np.testing.assert_allclose(forecast.sum(), buyers["spend"].to_numpy().sum())


def test_the_unit_of_money_moves_the_level_alone(fitted):
    table, model = fitted
    position = table.column_names.index("spend")
    cents = table.set_column(position, "spend", pc.multiply(table["spend"], 100.0))
    np.testing.assert_allclose(
        predicted(fit(cents), table), 100 * predicted(model, table), rtol=1e-6
    )


def test_the_order_of_rows_is_of_no_account(fitted):
    table, model = fitted
    random = np.random.default_rng(1)
    shuffled = table.take(pa.array(random.permutation(table.num_rows)))
    assert fit(shuffled).equals(model)


def test_what_is_spent_is_no_feature():
    table = shop(10)
    assert spend_features(table) == FEATURES


def test_too_few_buyers_give_no_second_stage():
    table = shop(40)
    model = fit(table, min_positives=1_000)
    assert component(model, "spend_coefficient") == {}
    assert component(model, "meta")["status_code"] == 0


def test_no_rows_give_no_rows():
    model = fit(shop(10).slice(0, 0))
    assert model.num_rows == 0
    assert model.schema.equals(SPEND_MODEL_SCHEMA)


def test_a_buyer_who_spent_nothing_is_an_error():
    table = shop()
    position = table.column_names.index("spend")
    free = table.set_column(position, "spend", pa.array(np.zeros(table.num_rows)))
    with pytest.raises(ValueError, match="spend must be above 0 where label is 1"):
        fit(free)


@pytest.mark.parametrize(("column", "value"), [("split", "test"), ("label", 2)])
def test_rows_of_another_kind_are_refused(column, value):
    table = shop(10)
    position = table.column_names.index(column)
    other = table.set_column(position, column, pa.array([value] * table.num_rows))
    with pytest.raises(ValueError, match=f"{column} must be in"):
        fit(other)
