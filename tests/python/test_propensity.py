"""Purchase models: sklearn's pipeline and a textbook fit as oracles, and leaks."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from precision_marketing.frames import hash_order
from precision_marketing.propensity import (
    MAX_ITERATIONS,
    META,
    PURCHASE_MODEL_SCHEMA,
    RECENCY_BASELINE_SCHEMA,
    TOLERANCE,
    fit_purchase_model,
    predict_purchase,
    predict_recency_baseline,
    recency_baseline,
)

FEATURES = ["recency_days", "frequency", "monetary"]
AS_OF = [date(2024, month, 1) for month in (1, 4, 7, 10)]
KEYS = ["as_of_date", "customer_id"]

# Temperature (F) at launch and thermal distress of an O-ring, 23 shuttle flights
# before Challenger: Dalal, Fowlkes and Hoadley (1989); Agresti (2002), table 5.10.
TEMPERATURE = [
    66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78,
    67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58,
]  # fmt: skip
DISTRESS = [
    0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0,
    0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1,
]  # fmt: skip


def shop(customers=300, seed=0, base=-0.5):
    """Four snapshots of each customer; the last one is the test set."""
    random = np.random.default_rng(seed)
    rows = customers * len(AS_OF)
    recency = random.integers(1, 365, rows)
    frequency = random.poisson(3, rows)
    cents = random.integers(100, 100_000, rows)
    score = base - recency / 90 + 0.5 * frequency
    bought = (random.random(rows) < expit(score)).astype(int)
    as_of = [AS_OF[i % len(AS_OF)] for i in range(rows)]
    return pa.table(
        {
            "as_of_date": as_of,
            "customer_id": [f"c{i // len(AS_OF):04d}" for i in range(rows)],
            "recency_days": recency,
            "frequency": frequency,
            "monetary": pa.array(
                [Decimal(int(c)) / 100 for c in cents], pa.decimal128(18, 2)
            ),
            "label": bought,
            "split": ["test" if day == AS_OF[-1] else "train" for day in as_of],
        }
    )


def fit(table, **changes):
    options = {
        "feature_columns": FEATURES,
        "regularisation_grid": (0.01, 1.0),
        "min_positives": 20,
        "min_negatives": 20,
    }
    return fit_purchase_model(table, **(options | changes))


def predict(table, parameters, **changes):
    return predict_purchase(
        table, parameters, **({"feature_columns": FEATURES} | changes)
    )


def component(parameters, name):
    rows = parameters.filter(pc.field("component") == name).to_pylist()
    return {row["feature"]: row["value"] for row in rows}


def matrix_of(table, columns=FEATURES):
    return np.column_stack(
        [table[column].cast(pa.float64()).to_numpy() for column in columns]
    )


def in_order(table):
    return table.sort_by([(key, "ascending") for key in KEYS])


def small(labels, splits=None, values=None, days=None):
    """One feature, one row a customer."""
    count = len(labels)
    return pa.table(
        {
            "as_of_date": days or [AS_OF[0]] * count,
            "customer_id": [f"c{i:03d}" for i in range(count)],
            "x": [float(v) for v in (range(count) if values is None else values)],
            "label": labels,
            "split": splits or ["train"] * count,
        }
    )


def fit_small(table, **changes):
    options = {"feature_columns": ["x"], "min_positives": 1, "min_negatives": 1}
    return fit_purchase_model(table, **(options | changes))


@pytest.fixture(scope="module")
def fitted():
    table = shop()
    return table, fit(table)


def test_table_has_its_schema_and_grain(fitted):
    _, parameters = fitted
    assert parameters.schema == PURCHASE_MODEL_SCHEMA
    assert list(component(parameters, "meta")) == sorted(META)
    for name in ("mean", "scale", "coefficient"):
        assert sorted(component(parameters, name)) == sorted(FEATURES)
    frame = parameters.drop_columns("value").to_pandas()
    assert not frame.duplicated().any()
    assert not frame.isna().any().any()
    assert len(parameters["model_version"].unique()) == 1


def test_probabilities_equal_sklearns_pipeline(fitted):
    table, parameters = fitted
    meta = component(parameters, "meta")
    train = in_order(table.filter(pc.field("split") == "train"))
    # The fit reads rows in hash order; the pipeline gets the same rows so.
    train = train.take(hash_order(train, KEYS))
    pipeline = make_pipeline(
        StandardScaler(),
        LogisticRegression(
            C=meta["regularisation_c"], tol=TOLERANCE, max_iter=MAX_ITERATIONS
        ),
    ).fit(matrix_of(train), train["label"].to_numpy())
    predicted = predict(table, parameters)
    rows = matrix_of(in_order(table))
    np.testing.assert_allclose(
        predicted["probability"].to_numpy(),
        pipeline.predict_proba(rows)[:, 1],
        rtol=0,
        atol=1e-12,
    )
    np.testing.assert_allclose(
        predicted["linear_score"].to_numpy(),
        pipeline.decision_function(rows),
        rtol=0,
        atol=1e-12,
    )


def test_score_is_the_documented_formula_of_the_rows(fitted):
    # What the SQL scorer computes.
    table, parameters = fitted
    parts = {p: component(parameters, p) for p in ("mean", "scale", "coefficient")}
    line = component(parameters, "intercept")["intercept"]
    ordered = in_order(table)
    for feature in FEATURES:
        x = ordered[feature].cast(pa.float64()).to_numpy()
        line = line + parts["coefficient"][feature] * (
            (x - parts["mean"][feature]) / parts["scale"][feature]
        )
    predicted = predict(table, parameters)
    np.testing.assert_allclose(predicted["linear_score"].to_numpy(), line, atol=1e-12)
    np.testing.assert_allclose(
        predicted["probability"].to_numpy(), 1 / (1 + np.exp(-line)), atol=1e-12
    )


def test_published_challenger_coefficients():
    table = small(DISTRESS, values=TEMPERATURE)
    parameters = fit_small(table, regularisation_grid=[1e12])
    slope = (
        component(parameters, "coefficient")["x"] / component(parameters, "scale")["x"]
    )
    intercept = (
        component(parameters, "intercept")["intercept"]
        - slope * component(parameters, "mean")["x"]
    )
    assert slope == pytest.approx(-0.2322, abs=5e-5)
    assert intercept == pytest.approx(15.0429, abs=5e-5)
    # At 31 F, the morning of the accident: 0.9996.
    frozen = predict_purchase(
        small([0], values=[31]), parameters, feature_columns=["x"]
    )
    assert frozen["probability"][0].as_py() == pytest.approx(0.9996, abs=5e-5)


def test_meta_counts_rows(fitted):
    table, parameters = fitted
    meta = component(parameters, "meta")
    train = table.filter(pc.field("split") == "train")
    test = table.filter(pc.field("split") == "test")
    assert meta["train_rows"] == train.num_rows
    assert meta["train_positives"] == pc.sum(train["label"]).as_py()
    assert meta["test_rows"] == test.num_rows
    assert meta["test_positives"] == pc.sum(test["label"]).as_py()
    assert meta["base_rate"] == meta["train_positives"] / meta["train_rows"]
    assert meta["status_code"] == meta["converged"] == 1
    assert meta["iterations"] >= 1


def drifting(last_slope):
    """A relation that is another one on the last date, where x is also wider."""
    random = np.random.default_rng(2)
    sizes, slopes, widths = (200, 200, 60), (1.0, 1.0, last_slope), (1.0, 1.0, 5.0)
    days = np.repeat(np.array(AS_OF[:3], dtype=object), sizes)
    x = random.normal(size=len(days)) * np.repeat(widths, sizes)
    labels = random.random(len(days)) < expit(x * np.repeat(slopes, sizes))
    return small(labels.astype(int).tolist(), values=x, days=days.tolist())


def test_strength_is_chosen_on_the_last_training_date(fitted):
    grid = tuple(10.0 ** np.arange(-4, 0.1, 0.25))
    for table, columns in [(fitted[0], FEATURES), (drifting(0.3), ["x"])]:
        train = in_order(table.filter(pc.field("split") == "train"))
        day = pc.max(train["as_of_date"])
        last = train.filter(pc.equal(train["as_of_date"], day))
        earlier = train.filter(pc.less(train["as_of_date"], day))
        losses = {}
        for c in grid:
            pipeline = make_pipeline(
                StandardScaler(), LogisticRegression(C=c, tol=TOLERANCE)
            ).fit(matrix_of(earlier, columns), earlier["label"].to_numpy())
            probability = pipeline.predict_proba(matrix_of(last, columns))[:, 1]
            losses[c] = log_loss(last["label"].to_numpy(), probability)
        best = min(losses, key=losses.get)
        again = fit(table, feature_columns=columns, regularisation_grid=grid)
        assert component(again, "meta")["regularisation_c"] == best


def test_a_relation_that_turned_lately_is_trusted_least():
    parameters = fit(
        drifting(-0.2), feature_columns=["x"], regularisation_grid=(1e-4, 1e-2, 1.0)
    )
    assert component(parameters, "meta")["regularisation_c"] == 1e-4


def test_one_training_date_takes_the_default_strength():
    table = small([0, 1] * 30)
    meta = component(fit_small(table, regularisation_grid=(0.001, 0.5, 50.0)), "meta")
    assert meta["regularisation_c"] == 0.5


def test_parameters_do_not_see_test_rows(fitted):
    table, parameters = fitted
    train = table.filter(pc.field("split") == "train")
    test = table.filter(pc.field("split") == "test")
    flipped = test.set_column(
        test.column_names.index("label"), "label", pc.subtract(1, test["label"])
    )
    wild = flipped.set_column(
        flipped.column_names.index("frequency"),
        "frequency",
        pc.multiply(flipped["frequency"], 1_000_000),
    )
    learned = pc.field("component") != "meta"
    for other in (pa.concat_tables([train, wild]), train):
        again = fit(other)
        assert again.filter(learned).equals(parameters.filter(learned))
    assert component(fit(train), "meta")["test_rows"] == 0


def test_shuffled_rows_and_the_same_seed_give_the_same_bits(fitted):
    table, parameters = fitted
    shuffled = table.take(np.random.default_rng(3).permutation(table.num_rows))
    assert fit(shuffled).equals(parameters)
    mixed = parameters.take(np.random.default_rng(4).permutation(parameters.num_rows))
    assert predict(shuffled, mixed).equals(predict(table, parameters))


def test_one_and_two_threads_give_the_same_bits(fitted):
    table, parameters = fitted
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            assert fit(table).equals(parameters)


def test_version_names_what_was_learned_and_from_what(fitted):
    table, parameters = fitted
    version = parameters["model_version"][0].as_py()
    for changes in (
        {"code_version": "2"},
        {"target": "churn"},
        {"regularisation_grid": (0.02,)},
        {"max_rows": 500},
    ):
        assert fit(table, **changes)["model_version"][0].as_py() != version


def test_sample_is_the_first_rows_in_hash_order(fitted):
    table, _ = fitted
    train = in_order(table.filter(pc.field("split") == "train"))
    chosen = train.take(hash_order(train, KEYS)[:400])
    learned = pc.field("component") != "meta"
    sampled = fit(table, max_rows=400)
    assert sampled.filter(learned).equals(fit(chosen).filter(learned))
    assert component(sampled, "meta")["train_rows"] == 400


def test_perfect_separation_stays_finite():
    table = small([0] * 30 + [1] * 30)
    parameters = fit_small(table)
    predicted = predict_purchase(table, parameters, feature_columns=["x"])
    probability = predicted["probability"].to_numpy()
    assert np.isfinite(probability).all()
    assert (probability[:30] < 0.5).all()
    assert (probability[30:] > 0.5).all()
    assert np.isfinite(parameters["value"].drop_null().to_numpy()).all()


def test_constant_feature_has_scale_one_and_no_weight(fitted):
    table, parameters = fitted
    wider = table.append_column("always", pa.array([0.1] * table.num_rows))
    names = [*FEATURES, "always"]
    again = fit(wider, feature_columns=names)
    assert component(again, "scale")["always"] == 1
    assert component(again, "coefficient")["always"] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(
        predict(wider, again, feature_columns=names)["probability"].to_numpy(),
        predict(table, parameters)["probability"].to_numpy(),
        atol=1e-6,
    )


@pytest.mark.parametrize(("labels", "rate"), [([1, 0, 0], 2 / 5), ([0, 0, 0], 1 / 5)])
def test_too_little_data_gives_the_smoothed_base_rate(labels, rate):
    table = small(labels)
    parameters = fit_small(table, min_positives=2)
    assert set(parameters["algorithm"].to_pylist()) == {"baseline_rate"}
    assert set(parameters["component"].to_pylist()) == {"intercept", "meta"}
    intercept = component(parameters, "intercept")["intercept"]
    assert intercept == pytest.approx(logit(rate))
    meta = component(parameters, "meta")
    assert meta["status_code"] == 0
    assert meta["base_rate"] == sum(labels) / 3
    assert meta["converged"] is None
    assert meta["regularisation_c"] is None
    predicted = predict_purchase(table, parameters, feature_columns=["x"])
    np.testing.assert_allclose(predicted["probability"].to_numpy(), [rate] * 3)
    other = fit_small(small(labels, values=[7, 8, 9]), min_positives=2)
    assert other["model_version"][0] != parameters["model_version"][0]


def test_one_class_is_never_fitted_and_neither_is_one_customer():
    for labels in ([1] * 50, [1]):
        meta = component(fit_small(small(labels)), "meta")
        assert meta["status_code"] == 0
        assert meta["train_positives"] == len(labels)


def test_without_training_rows_no_probability_is_invented():
    table = small([0, 1], splits=["test", "test"])
    parameters = fit_small(table)
    meta = component(parameters, "meta")
    assert meta["train_rows"] == 0
    assert meta["test_rows"] == 2
    assert meta["status_code"] == 0
    assert meta["base_rate"] is None
    assert component(parameters, "intercept") == {"intercept": None}
    predicted = predict_purchase(table, parameters, feature_columns=["x"])
    assert predicted["probability"].to_pylist() == [None, None]
    assert predicted["linear_score"].to_pylist() == [None, None]


def test_empty_input_keeps_types(fitted):
    table, parameters = fitted
    assert fit(table.slice(0, 0)).equals(PURCHASE_MODEL_SCHEMA.empty_table())
    schema = predict(table, parameters).schema
    assert predict(table.slice(0, 0), parameters).schema == schema
    nothing = predict(table, PURCHASE_MODEL_SCHEMA.empty_table())
    assert nothing.num_rows == 0
    assert nothing.schema == schema


def test_versions_and_targets_score_side_by_side(fitted):
    table, parameters = fitted
    other = fit(table, code_version="2", regularisation_grid=(1e-4,))
    churn = fit(table, target="churn")
    both = predict(table, pa.concat_tables([parameters, other, churn]))
    assert both.num_rows == 2 * table.num_rows
    alone = both.filter(
        pc.field("model_version") == parameters["model_version"][0].as_py()
    )
    assert alone.equals(predict(table, parameters))


def test_flags_are_labels_too(fitted):
    table, parameters = fitted
    flags = table.set_column(
        table.column_names.index("label"), "label", table["label"].cast(pa.bool_())
    )
    assert fit(flags).equals(parameters)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("label", 2, "label must be 0 or 1, got 1 other or missing"),
        ("label", None, "label must be 0 or 1, got 1 other or missing"),
        ("split", "valid", r"split must be 'train' or 'test', got \['valid'\]"),
        ("x", float("inf"), r"x \(1\)"),
        ("x", None, r"x \(1\)"),
        ("customer_id", "c001", "got 1 repeated keys"),
    ],
)
def test_bad_values_are_named(column, value, message):
    table = small([0, 1] * 20)
    values = [value, *table[column].to_pylist()[1:]]
    bad = table.set_column(table.column_names.index(column), column, pa.array(values))
    with pytest.raises(ValueError, match=message):
        fit_small(bad)


def test_prediction_names_non_finite_features(fitted):
    _, parameters = fitted
    table = shop(customers=2).drop_columns("monetary")
    broken = table.append_column("monetary", pa.array([np.nan] * 3 + [1.0] * 5))
    with pytest.raises(ValueError, match=r"monetary \(3\)"):
        predict(broken, parameters)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regularisation_grid": [0.0]}, "regularisation_grid must hold positive"),
        ({"regularisation_grid": []}, "regularisation_grid must hold positive"),
        ({"max_rows": 1}, "max_rows must be at least 2, got 1"),
        ({"min_positives": 0}, "min_positives must be at least 1, got 0"),
        ({"feature_columns": ["x", "x"]}, "feature_columns must be distinct"),
        ({"feature_columns": ["y"]}, r"missing columns \['y'\]"),
    ],
)
def test_errors_name_the_parameter_and_the_value(changes, message):
    with pytest.raises(ValueError, match=message):
        fit_small(small([0, 1]), **changes)


def test_other_features_than_the_models_are_an_error(fitted):
    table, parameters = fitted
    with pytest.raises(ValueError, match="must be those of model"):
        predict(table, parameters, feature_columns=["monetary"])


def test_recency_baseline_by_hand():
    table = pa.table(
        {
            "as_of_date": [AS_OF[0]] * 7,
            "customer_id": list("abcdefg"),
            "recency_days": [10, 10, 20, 30, 40, None, 99],
            "label": [1, 1, 0, 1, 0, 0, 1],
            "split": ["train"] * 6 + ["test"],
        }
    )
    rule = recency_baseline(table, n_bins=2)
    assert rule.schema == RECENCY_BASELINE_SCHEMA
    overall = (3 + 1) / (6 + 2)
    assert rule.to_pylist() == [
        {
            "target": "purchase",
            "bin": number,
            "lower": lower,
            "upper": upper,
            "train_rows": rows,
            "train_positives": positives,
            "rate": pytest.approx((positives + 2 * overall) / (rows + 2)),
        }
        for number, lower, upper, rows, positives in [
            (0, None, None, 1, 0),
            (1, -np.inf, 20.0, 2, 2),
            (2, 20.0, np.inf, 3, 1),
        ]
    ]
    predicted = predict_recency_baseline(table, rule)
    rates = rule["rate"].to_pylist()
    assert predicted["baseline_probability"].to_pylist() == [
        rates[number] for number in (1, 1, 2, 2, 2, 0, 2)
    ]


def test_recency_baseline_of_ties_nothing_and_other_order():
    table = shop(customers=50)
    rule = recency_baseline(table)
    assert rule["train_rows"].to_numpy()[1:].min() > 0
    assert pc.sum(rule["train_rows"]).as_py() == 150
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    assert recency_baseline(shuffled).equals(rule)
    tied = table.set_column(
        table.column_names.index("recency_days"),
        "recency_days",
        pa.array([5] * table.num_rows),
    )
    assert recency_baseline(tied)["bin"].to_pylist() == [0, 1]
    nothing = recency_baseline(table.slice(0, 0))
    assert nothing.equals(RECENCY_BASELINE_SCHEMA.empty_table())
    assert predict_recency_baseline(table, nothing).num_rows == 0
    assert predict_recency_baseline(table.slice(0, 0), rule).num_rows == 0


def test_one_customer_on_several_days_is_one_witness():
    days = [date(2025, month, 1) for month in (1, 2, 3, 4)]
    table = pa.table(
        {
            "as_of_date": days * 4,
            "customer_id": [name for name in "abcd" for _ in days],
            "split": ["train"] * 16,
            "label": [1] * 4 + [0] * 12,
            "x": [float(number) for number in range(16)],
        }
    )
    options = {"feature_columns": ["x"], "min_negatives": 1}
    one = fit_purchase_model(table, min_positives=1, **options)
    two = fit_purchase_model(table, min_positives=2, **options)
    assert set(one["algorithm"].to_pylist()) == {"logistic_regression"}
    assert set(two["algorithm"].to_pylist()) == {"baseline_rate"}


def test_the_penalty_is_chosen_from_days_whose_labels_were_in():
    # The days just before the last one say the opposite of the day 90 before it.
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    label = (x + rng.normal(size=400) > 0).astype(int)
    parts = [(date(2025, 1, 1), x), (date(2025, 4, 1), x)]
    parts += [(date(2025, 3, day), -x) for day in (1, 11, 21)]
    table = pa.concat_tables(
        pa.table(
            {
                "as_of_date": [day] * 400,
                "customer_id": [f"c{number}" for number in range(400)],
                "split": ["train"] * 400,
                "label": label,
                "x": values,
            }
        )
        for day, values in parts
    )
    options = {"feature_columns": ["x"], "regularisation_grid": (1e-4, 1.0)}

    def strength(horizon_days):
        rows = fit_purchase_model(
            table,
            horizon_days=horizon_days,
            min_positives=20,
            min_negatives=20,
            **options,
        ).to_pylist()
        return next(r["value"] for r in rows if r["feature"] == "regularisation_c")

    assert strength(90) == 1.0
    assert strength(0) == 1e-4
    # Nothing is old enough: the default.
    assert strength(365) == 1.0


def test_customers_without_a_past_day_get_the_model_that_knows_nothing(fitted):
    table, _ = fitted
    rows = fit(table.slice(0, 0), is_fitted_without_rows=True)
    assert set(rows["algorithm"].to_pylist()) == {"baseline_rate"}
    assert component(rows, "intercept") == {"intercept": None}
    predicted = predict(table.slice(0, 3), rows.filter(pc.field("component") != "mean"))
    assert predicted["probability"].to_pylist() == [None] * 3
