"""Imputed attributes: planted relations, and plain values where there are none."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from precision_marketing.imputation import impute_attributes, modelled_attributes

COLUMNS = ["age", "income", "region", "tier"]


def customers(rows=600, seed=0):
    """Income follows age; tier follows income; a tenth of each is missing."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, rows)
    income = 1000 + 30 * age + random.normal(size=rows) * 50
    region = np.where(random.random(rows) < 0.5, "north", "south")
    tier = np.where(income > 2500, "gold", "basic")
    holes = {name: random.random(rows) < 0.1 for name in COLUMNS}
    full = {"age": age, "income": income, "region": region, "tier": tier}
    table = pa.table(
        {"customer_id": [f"c{i:04d}" for i in range(rows)]}
        | {name: pa.array(full[name], mask=holes[name]) for name in COLUMNS}
    )
    return table, full, holes


def impute(table, **changes):
    options = {"key": "customer_id", "targets": COLUMNS, "predictors": COLUMNS}
    return impute_attributes(table, **(options | changes))


def only(result, column):
    return result.filter(pc.field("column_name") == column)


def methods(result):
    return set(result["method"].to_pylist())


def test_one_row_per_missing_value_and_none_else():
    table, _, holes = customers()
    result = impute(table)
    assert result.schema == pa.schema(
        [
            ("customer_id", pa.string()),
            ("column_name", pa.string()),
            ("value_number", pa.float64()),
            ("value_text", pa.string()),
            ("method", pa.string()),
        ]
    )
    keys = table["customer_id"].to_numpy(zero_copy_only=False)
    found = set(
        zip(
            result["customer_id"].to_pylist(),
            result["column_name"].to_pylist(),
            strict=True,
        )
    )
    assert len(found) == result.num_rows
    assert found == {(key, name) for name in COLUMNS for key in keys[holes[name]]}


@pytest.mark.parametrize("seed", range(6))
def test_an_unrelated_text_keeps_its_most_frequent_value(seed):
    # Half north, half south, by chance: no predictor knows which.
    table, full, holes = customers(rows=300, seed=seed)
    region = only(impute(table, targets=["region"]), "region")
    assert methods(region) == {"most_frequent_no_gain"}
    known, counts = np.unique(full["region"][~holes["region"]], return_counts=True)
    assert set(region["value_text"].to_pylist()) == {known[counts.argmax()]}


def test_planted_relations_are_found():
    table, full, holes = customers()
    result = impute(table)
    income = only(result, "income")
    assert methods(income) == {"ridge"}
    truth = full["income"][holes["income"]]
    error = np.abs(income["value_number"].to_numpy() - truth)
    plain = np.abs(np.median(full["income"][~holes["income"]]) - truth)
    assert error.mean() < 0.5 * plain.mean()
    tier = only(result, "tier")
    assert methods(tier) == {"logistic"}
    guessed = tier["value_text"].to_numpy(zero_copy_only=False)
    assert (guessed == full["tier"][holes["tier"]]).mean() > 0.85
    # Nothing predicts the region, so the model must not be believed.
    assert methods(only(result, "region")) == {"most_frequent_no_gain"}
    ages = only(result, "age")["value_number"].to_numpy()
    np.testing.assert_array_equal(ages, np.rint(ages))


def test_ridge_equals_sklearn_by_hand():
    table, full, holes = customers()
    filled = table.set_column(1, "age", pa.array(full["age"]))
    result = impute(filled, targets=["income"], predictors=["age"])
    known = ~holes["income"]
    scaler = StandardScaler().fit(full["age"][known][:, None])
    model = Ridge(alpha=1.0).fit(
        scaler.transform(full["age"][known][:, None]), full["income"][known]
    )
    expected = model.predict(scaler.transform(full["age"][~known][:, None]))
    observed = full["income"][known]
    np.testing.assert_allclose(
        result["value_number"].to_numpy(),
        np.clip(expected, observed.min(), observed.max()),
        rtol=1e-9,
    )


def test_noise_gives_the_plain_value():
    random = np.random.default_rng(7)
    noise = pa.table(
        {
            "customer_id": list(range(300)),
            "x": random.normal(size=300),
            "y": pa.array(random.normal(size=300), mask=random.random(300) < 0.1),
            "word": pa.array(
                np.where(random.random(300) < 0.8, "often", "rarely"),
                mask=random.random(300) < 0.1,
            ),
        }
    )
    result = impute(noise, targets=["y", "word"], predictors=["x"])
    median = pc.quantile(noise["y"], 0.5)[0].as_py()
    numbers = only(result, "y")
    assert methods(numbers) == {"median_no_gain"}
    np.testing.assert_allclose(numbers["value_number"].to_numpy(), median)
    assert methods(only(result, "word")) == {"most_frequent_no_gain"}
    assert set(only(result, "word")["value_text"].to_pylist()) == {"often"}


def test_few_rows_give_median_and_most_frequent():
    table = pa.table(
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "income": pa.array(
                [Decimal("1.00"), Decimal("2.00"), Decimal("9.00"), None, None],
                pa.decimal128(18, 2),
            ),
            "tier": ["y", "x", None, "x", "y"],
            "is_member": [True, True, False, None, True],
        }
    )
    result = impute(
        table, targets=["income", "tier", "is_member"], predictors=["income", "tier"]
    )
    assert result.to_pylist() == [
        {
            "customer_id": key,
            "column_name": name,
            "value_number": number,
            "value_text": text,
            "method": method,
        }
        for key, name, number, text, method in [
            # x and y twice each: the smaller one.
            ("c", "tier", None, "x", "most_frequent_too_few_rows"),
            ("d", "income", 2.0, None, "median_too_few_rows"),
            ("d", "is_member", 1.0, None, "most_frequent_too_few_rows"),
            ("e", "income", 2.0, None, "median_too_few_rows"),
        ]
    ]


def test_a_column_nobody_filled_stays_unknown():
    table = pa.table(
        {
            "customer_id": [2, 1],
            "age": pa.array([None, None], pa.int32()),
            "tier": pa.array([None, None], pa.string()),
        }
    )
    result = impute(table, targets=["age", "tier"], predictors=[])
    assert methods(result) == {"no_observed_values"}
    assert result["customer_id"].to_pylist() == [1, 1, 2, 2]
    assert set(result["value_number"].to_pylist()) == {None}
    assert set(result["value_text"].to_pylist()) == {None}


def test_predictions_stay_inside_the_observed_range():
    table, full, _ = customers()
    ages = full["age"].astype(float)
    incomes = pa.array(full["income"], mask=full["age"] > 60)
    wide = pa.table(
        {"customer_id": table["customer_id"], "age": ages, "income": incomes}
    )
    result = impute(wide, targets=["income"], predictors=["age"])
    values = result["value_number"].to_numpy()
    assert values.max() <= pc.max(incomes).as_py()
    assert methods(result) == {"ridge"}


def test_shuffled_rows_and_the_same_seed_give_the_same_bits():
    table, _, _ = customers(rows=300)
    first = impute(table)
    shuffled = table.take(np.random.default_rng(9).permutation(table.num_rows))
    assert impute(shuffled).equals(first)
    assert impute(table, targets=COLUMNS[::-1], predictors=COLUMNS).equals(first)


def test_target_with_one_value_and_many_categories():
    random = np.random.default_rng(1)
    rows = 400
    words = np.array([f"w{i:03d}" for i in random.integers(0, 120, rows)])
    table = pa.table(
        {
            "customer_id": list(range(rows)),
            "word": pa.array(words, mask=random.random(rows) < 0.1).dictionary_encode(),
            "same": pa.array(["one"] * rows, mask=random.random(rows) < 0.1),
            "x": random.normal(size=rows),
        }
    )
    result = impute(table, targets=["word", "same"], predictors=["x", "word"])
    assert set(only(result, "same")["value_text"].to_pylist()) == {"one"}
    assert methods(only(result, "same")) == {"most_frequent_no_gain"}
    assert set(only(result, "word")["value_text"].to_pylist()) <= set(words)


def test_empty_and_complete_tables_give_no_rows():
    table, _, _ = customers(rows=50)
    schema = impute(table).schema
    assert impute(table.slice(0, 0)).equals(schema.empty_table())
    complete = impute(table, targets=["income"]).num_rows
    assert complete > 0
    filled = table.set_column(2, "income", pa.array([1.0] * 50))
    assert impute(filled, targets=["income"]).equals(schema.empty_table())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": ["shoe_size"]}, r"missing columns \['shoe_size'\]"),
        ({"predictors": ["customer_id"]}, "must not hold the key 'customer_id'"),
        ({"min_rows": 2}, "min_rows must be at least 5, got 2"),
        ({"max_rows": 10}, "max_rows must be at least 100, got 10"),
    ],
)
def test_errors_name_the_parameter_and_the_value(changes, message):
    with pytest.raises(ValueError, match=message):
        impute(customers(rows=20)[0], **changes)


def test_dates_and_infinities_are_refused():
    table = pa.table({"customer_id": [1], "born": [date(1990, 1, 1)], "x": [np.inf]})
    with pytest.raises(ValueError, match="'born' must be a number, a flag or text"):
        impute(table, targets=["born"], predictors=[])
    with pytest.raises(ValueError, match="'x' must be finite, got 1"):
        impute(table, targets=["x"], predictors=[])


def test_no_target_gives_no_rows():
    table = pa.table({"customer_id": ["a", "b"], "income": [1.0, None]})
    filled = impute_attributes(
        table, key="customer_id", targets=[], predictors=["income"]
    )
    assert filled.num_rows == 0
    assert filled.column_names[0] == "customer_id"


def test_modelled_attributes_are_those_of_customers_with_method_model():
    settings = {
        "customers.income": "model",
        "customers.gender": "most_frequent",
        "customers.birth_date": "model",
        "order_lines.unit_price": "median",
        "customers.region": {"constant": "North"},
    }
    assert modelled_attributes(settings) == ["birth_date", "income"]
    assert modelled_attributes(None) == []
