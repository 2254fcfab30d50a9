"""Estimators: scikit-learn's predictions as the oracle, and what a fit may not do."""

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.inspection import permutation_importance as sklearn_importance
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    QuantileRegressor,
    Ridge,
)
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from precision_marketing.predictive import estimators, fitting
from precision_marketing.predictive.baseline import (
    fit_mean,
    fit_recency_rates,
    score_baseline,
)
from precision_marketing.predictive.bayesian_network import fit_network, score_network
from precision_marketing.predictive.calibration import calibrate, fit_calibration
from precision_marketing.predictive.elastic_net import fit_elastic_net
from precision_marketing.predictive.estimators import (
    AMOUNT,
    BINARY,
    ESTIMATORS,
    Rows,
    predict,
)
from precision_marketing.predictive.explaining import (
    contributions,
    explain_models,
    partial_dependence,
    permutation_importance,
    reasons,
)
from precision_marketing.predictive.fitting import FitOptions, fit_fold, fit_folds
from precision_marketing.predictive.parameters import Parameters, Vector, to_rows
from precision_marketing.predictive.predicting import models_of, predict_rows
from precision_marketing.predictive.preparation import Preparation

FEATURES = ["age", "basket", "recency_days", "visits"]
DAYS = [date(2024, month, 1) for month in (1, 2, 3, 6)]
OPTIONS = FitOptions(
    algorithms=(),
    min_positives=20,
    min_negatives=20,
    horizon_days=90,
    gap_days=0,
    random_state=3,
)
FIT = {"target": "purchase", "kind": BINARY, "fold": "final"}


def shop(customers=250, kind=BINARY, seed=0) -> pa.Table:
    """Rows of each customer on four days, with gaps, and a label that features make."""
    random = np.random.default_rng(seed)
    rows = customers * len(DAYS)
    matrix = random.normal(size=(rows, 4))
    score = -0.5 + matrix @ [0.2, 0.8, -1.0, 0.0] + 0.5 * matrix[:, 1] * matrix[:, 2]
    if kind == BINARY:
        labels = (random.random(rows) < expit(score)).astype(float)
    else:
        labels = np.maximum(0, 20 * score + random.normal(size=rows) * 5)
    matrix[random.random(rows) < 0.1, 3] = np.nan
    return pa.table(
        {
            "as_of_date": [DAYS[at % len(DAYS)] for at in range(rows)],
            "customer_id": [f"c{at // len(DAYS):04d}" for at in range(rows)],
            "label": labels,
            **{
                name: pa.array(column, from_pandas=True)
                for name, column in zip(FEATURES, matrix.T, strict=True)
            },
        }
    )


def rows_of(table: pa.Table, kind=BINARY, **changes) -> Rows:
    matrix = np.column_stack(
        [table[name].to_numpy(zero_copy_only=False) for name in FEATURES]
    )
    return Rows(
        matrix=matrix,
        labels=table["label"].to_numpy(),
        features=FEATURES,
        kind=kind,
        random_state=3,
        preparation=Preparation.fit(matrix),
        **changes,
    )


def read(learned) -> Parameters:
    return Parameters(to_rows(learned, FEATURES))


def fitted(algorithm, kind=BINARY, table=None, **changes) -> pa.Table:
    options = FitOptions(**(vars(OPTIONS) | {"algorithms": (algorithm,)} | changes))
    table = shop(kind=kind) if table is None else table
    return fit_fold(table, FIT | {"kind": kind}, FEATURES, options)


def meta(models: pa.Table, algorithm: str) -> dict[str, float]:
    rows = models.filter(
        (pc.field("algorithm") == algorithm) & (pc.field("component") == "meta")
    )
    return dict(
        zip(rows["feature"].to_pylist(), rows["value"].to_pylist(), strict=True)
    )


# -- What a fit's rows predict is what scikit-learn predicts ---------------------------

SETTINGS = {
    "logistic_regression": {"l1_ratio": 0.0, "c": 0.1},
    "ridge_regression": {"alpha": 0.1},
    "quantile_regression": {"alpha": 0.01},
    "decision_tree": {"max_depth": 5},
    "gradient_boosting": {"rounds": 30},
    # Per row, of a thousand.
    "neural_network": {"alpha": 0.001},
    "naive_bayes": {"smoothing": 1e-3},
}
TREE = {"min_samples_leaf": 20, "random_state": 3}
BOOSTING = {
    "max_iter": 30,
    "learning_rate": 0.1,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "early_stopping": False,
    "random_state": 3,
}
NETWORK = {
    "hidden_layer_sizes": (16,),
    "alpha": 1.0,
    "solver": "lbfgs",
    "max_iter": 200,
    "random_state": 3,
}
FOREST = TREE | {"n_estimators": 100, "max_depth": 8}
ORACLES = {
    ("logistic_regression", BINARY): LogisticRegression(C=0.1, tol=1e-7, max_iter=1000),
    ("linear_regression", AMOUNT): LinearRegression(),
    ("ridge_regression", AMOUNT): Ridge(alpha=0.1 * 1000),
    ("decision_tree", BINARY): DecisionTreeClassifier(max_depth=5, **TREE),
    ("decision_tree", AMOUNT): DecisionTreeRegressor(max_depth=5, **TREE),
    ("random_forest", BINARY): RandomForestClassifier(**FOREST),
    ("random_forest", AMOUNT): RandomForestRegressor(**FOREST),
    ("gradient_boosting", BINARY): HistGradientBoostingClassifier(**BOOSTING),
    ("gradient_boosting", AMOUNT): HistGradientBoostingRegressor(**BOOSTING),
    ("support_vector_machine", BINARY): SVC(gamma=0.25),
    ("support_vector_machine", AMOUNT): SVR(gamma=0.25),
    ("neural_network", BINARY): MLPClassifier(**NETWORK),
    ("neural_network", AMOUNT): MLPRegressor(**NETWORK),
    ("naive_bayes", BINARY): GaussianNB(var_smoothing=1e-3),
}
# These see features as they are; the others filled, clipped and scaled.
TREES = ("decision_tree", "random_forest", "gradient_boosting")
# These are fitted on amounts in standard deviations.
SCALED_LABELS = ("support_vector_machine", "neural_network")


@pytest.mark.parametrize(("algorithm", "kind"), ORACLES, ids=str)
def test_rows_of_parameters_predict_what_scikit_learn_predicts(algorithm, kind):
    rows = rows_of(shop(kind=kind), kind)
    later = rows_of(shop(seed=1, kind=kind), kind).matrix
    seen = rows.preparation.filled if algorithm in TREES else rows.preparation.scaled
    unit = rows.labels.std() if kind == AMOUNT and algorithm in SCALED_LABELS else 1.0

    with threadpool_limits(1):
        learned = ESTIMATORS[algorithm].fit(rows, SETTINGS.get(algorithm, {}))
        scores = ESTIMATORS[algorithm].score(later, read(learned), FEATURES)
        model = ORACLES[algorithm, kind].fit(seen(rows.matrix), rows.labels / unit)
    if kind == AMOUNT:
        wanted = model.predict(seen(later)) * unit
    elif algorithm == "support_vector_machine":
        wanted = model.decision_function(seen(later))
    else:
        wanted = model.predict_proba(seen(later))[:, 1]
        if algorithm not in ("decision_tree", "random_forest"):
            scores = expit(scores)
    assert np.abs(scores - wanted).max() < 1e-9 * max(1, np.abs(wanted).max())


def test_every_estimator_has_an_oracle():
    with_oracle = {name for name, _ in ORACLES}
    own_tests = {"bayesian_network", "quantile_regression"}
    assert with_oracle | own_tests == set(ESTIMATORS)
    for name, kind in ORACLES:
        assert kind in ESTIMATORS[name].kinds
    assert sum(len(e.kinds) for e in ESTIMATORS.values()) == len(ORACLES) + 2


def test_a_median_does_not_depend_on_the_currency():
    rows = rows_of(shop(kind=AMOUNT), AMOUNT)
    cents = Rows(**(vars(rows) | {"labels": rows.labels * 100}))
    settings = SETTINGS["quantile_regression"]

    dear, cheap = (
        estimators._score_line(
            rows.matrix, read(estimators._fit_quantile(r, settings)), FEATURES
        )
        for r in (rows, cents)
    )
    model = QuantileRegressor(quantile=0.5, alpha=0.01)
    model.fit(rows.preparation.scaled(rows.matrix), rows.labels / rows.labels.std())
    wanted = model.predict(rows.preparation.scaled(rows.matrix)) * rows.labels.std()
    assert np.allclose(dear, wanted, atol=1e-9)
    assert np.allclose(dear * 100, cheap, atol=1e-6)


@pytest.mark.parametrize(("c", "l1_ratio"), [(0.01, 1.0), (0.1, 0.5), (1.0, 1.0)])
def test_the_elastic_net_is_scikit_learns_minimum(c, l1_ratio):
    rows = rows_of(shop())
    scaled = rows.preparation.scaled(rows.matrix)
    oracle = LogisticRegression(
        C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=100_000
    ).fit(scaled, rows.labels)

    coefficients, intercept, _, converged = fit_elastic_net(
        scaled, rows.labels, c=c, l1_ratio=l1_ratio, tolerance=1e-10
    )
    assert converged
    assert np.abs(coefficients - oracle.coef_[0]).max() < 1e-6
    assert intercept == pytest.approx(oracle.intercept_[0], abs=1e-6)
    assert (coefficients == 0).tolist() == (oracle.coef_[0] == 0).tolist()


# -- Calibration -----------------------------------------------------------------------


def scores_and_labels(rows=4000, seed=0):
    random = np.random.default_rng(seed)
    scores = random.normal(size=rows)
    return scores, (random.random(rows) < expit(0.5 * scores - 1)).astype(float)


def test_platts_line_is_the_likeliest_on_smoothed_labels():
    scores, labels = scores_and_labels()
    positives = labels.sum()
    soft = np.where(
        labels == 1,
        (positives + 1) / (positives + 2),
        1 / (len(labels) - positives + 2),
    )

    def loss(line):
        log_odds = line[0] * scores + line[1]
        return np.sum(np.logaddexp(0, log_odds) - soft * log_odds)

    wanted = minimize(loss, [1.0, 0.0], tol=1e-12).x
    found = fit_calibration(scores, labels, line=True)["platt"]
    assert [found["slope"], found["intercept"]] == pytest.approx(wanted, abs=1e-4)


def test_with_many_rows_the_curve_is_isotonic():
    scores, labels = scores_and_labels()
    learned = fit_calibration(scores, labels, line=False)
    oracle = IsotonicRegression(y_min=1e-4, y_max=1 - 1e-4, out_of_bounds="clip")
    oracle.fit(scores, labels)

    later, _ = scores_and_labels(seed=1)
    found = calibrate(later, Parameters(to_rows(learned, ())))
    assert np.abs(found - oracle.predict(later)).max() < 1e-12


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([1, 2, 3], [1, 1, 1]),
        ([2, 2, 2, 2], [0, 1, 0, 1]),
        ([1, 2, 3, 4], [1, 1, 0, 0]),
    ],
    ids=["one class", "constant", "upside down"],
)
def test_where_nothing_can_be_learned_scores_are_log_odds(scores, labels):
    learned = fit_calibration(np.array(scores, float), np.array(labels), line=False)
    assert learned == {}
    assert calibrate(np.array([0.3]), Parameters([])) == pytest.approx(expit(0.3))


@pytest.mark.parametrize("algorithm", ["decision_tree", "random_forest", "naive_bayes"])
def test_calibration_brings_the_mean_back_to_the_share_of_positives(algorithm):
    table = shop(customers=400)
    models = of(fitted(algorithm, table=table), algorithm)
    (model,) = models_of(models)
    found = predict_rows(table, [model])
    gap = found["probability"].to_numpy().mean() - table["label"].to_numpy().mean()
    assert abs(gap) < 0.05
    assert meta(models, algorithm)["is_calibrated"] == 1


def of(models: pa.Table, algorithm: str) -> pa.Table:
    return models.filter(pc.field("algorithm") == algorithm)


# -- The fit of a fold -----------------------------------------------------------------


@pytest.mark.parametrize("kind", [BINARY, AMOUNT])
def test_shuffled_rows_give_the_same_bits_with_every_algorithm(kind):
    names = tuple(name for name, e in ESTIMATORS.items() if kind in e.kinds)
    table = shop(kind=kind, customers=120)
    options = FitOptions(**(vars(OPTIONS) | {"algorithms": names}))
    shuffled = table.take(np.random.default_rng(5).permutation(table.num_rows))

    first = fit_fold(table, FIT | {"kind": kind}, FEATURES, options)
    again = fit_fold(shuffled, FIT | {"kind": kind}, FEATURES, options)
    assert first.equals(again)
    assert set(first["algorithm"].to_pylist()) == {"baseline", *names}


def test_candidates_are_chosen_on_the_last_day_by_those_known_on_it():
    table = shop()
    models = fitted("logistic_regression", table=table)
    found = meta(models, "logistic_regression")
    assert found["is_validated_later"] == 1

    # By hand: the last day is 2024-06-01, so days up to 2024-03-03 have their label.
    rows = rows_of(table)
    days = np.array(table["as_of_date"].to_pylist())
    early, late = days <= date(2024, 3, 3), days == date(2024, 6, 1)
    part = Preparation.fit(rows.matrix[early])
    losses = {}
    for settings in ESTIMATORS["logistic_regression"].candidates[BINARY]:
        model = LogisticRegression(
            C=settings["c"],
            l1_ratio=settings["l1_ratio"],
            solver="saga" if settings["l1_ratio"] else "lbfgs",
            tol=1e-8,
            max_iter=10_000,
        ).fit(part.scaled(rows.matrix[early]), rows.labels[early])
        chance = model.predict_proba(part.scaled(rows.matrix[late]))[:, 1]
        losses[settings["l1_ratio"], settings["c"]] = log_loss(
            rows.labels[late], chance
        )
    best = min(losses.values())
    assert found["validation_loss"] == pytest.approx(best, abs=1e-4)
    assert losses[found["l1_ratio"], found["c"]] == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("kind", [BINARY, AMOUNT])
def test_a_networks_penalty_means_the_same_on_a_sample_and_on_all(kind):
    """Else the calibration of the few rows chosen on would not fit the model of all."""
    once = rows_of(shop(customers=100, kind=kind), kind)
    thrice = replace(
        once, matrix=np.tile(once.matrix, (3, 1)), labels=np.tile(once.labels, 3)
    )
    network = ESTIMATORS["neural_network"]
    with threadpool_limits(1):
        for settings in network.candidates[kind]:
            sizes = [
                np.linalg.norm(network.fit(rows, settings)["hidden_weight"])
                for rows in (once, thrice)
            ]
            assert sizes[1] == pytest.approx(sizes[0], rel=0.05)


@pytest.mark.parametrize("positives", [1, 60, 4_000])
def test_a_kernel_sees_its_share_of_rows_and_the_rare_ones_among_them(positives):
    """One row in 50,000 is not drawn: neither all of them nor none like it will do."""
    labels = np.zeros(50_000)
    labels[:: 50_000 // positives][:positives] = 1
    matrix = np.arange(50_000.0)[:, None]
    rows = Rows(matrix, labels, ["age"], BINARY, 3, Preparation.fit(matrix))
    for turned in (labels, 1 - labels):
        sampled = fitting._sampled(
            replace(rows, labels=turned), ESTIMATORS["support_vector_machine"]
        )
        assert len(sampled.labels) == estimators.KERNEL_ROWS_MAX
        rare = min(sampled.labels.sum(), (1 - sampled.labels).sum())
        assert rare >= min(positives, 100)
        assert (turned[sampled.matrix[:, 0].astype(int)] == sampled.labels).all()


def test_a_sample_of_equal_amounts_is_a_sample():
    matrix = np.arange(20_000.0)[:, None]
    rows = Rows(matrix, np.zeros(20_000), ["age"], AMOUNT, 3, Preparation.fit(matrix))
    sampled = fitting._sampled(rows, ESTIMATORS["quantile_regression"])
    assert len(sampled.labels) == estimators.QUANTILE_ROWS_MAX


def test_a_past_of_one_day_is_validated_on_other_customers():
    table = shop(customers=600).filter(pc.field("as_of_date") == DAYS[0])
    found = meta(fitted("gradient_boosting", table=table), "gradient_boosting")
    assert found["is_validated_later"] == 0
    assert found["is_calibrated"] == 1
    assert found["validation_loss"] > 0


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({"min_positives": 251}, None),
        ({"min_negatives": 251}, None),
        ({}, np.zeros(1000)),
        ({}, np.ones(1000)),
    ],
    ids=["few positives", "few negatives", "no positive", "no negative"],
)
def test_with_too_little_data_there_is_only_the_baseline(changes, labels):
    table = shop()
    if labels is not None:
        table = table.set_column(2, "label", pa.array(labels))
    models = fitted("decision_tree", table=table, **changes)
    assert set(models["algorithm"].to_pylist()) == {"baseline"}
    assert meta(models, "baseline")["status_code"] == 0


def test_customers_are_counted_for_the_gates_and_not_their_days():
    table = shop(customers=30)
    everyone = table.set_column(
        2, "label", pa.array([float(at % 8 < 4) for at in range(table.num_rows)])
    )
    assert set(
        fitted("decision_tree", table=everyone, min_positives=16)[
            "algorithm"
        ].to_pylist()
    ) == {"baseline"}
    assert "decision_tree" in set(
        fitted("decision_tree", table=everyone, min_positives=15, min_negatives=15)[
            "algorithm"
        ].to_pylist()
    )


def test_without_a_past_the_baseline_says_nothing():
    models = fitted("logistic_regression", table=shop().slice(0, 0))
    (model,) = models_of(models)
    found = predict_rows(shop(customers=2), [model])
    assert model.names["algorithm"] == "baseline"
    assert found["probability"].null_count == found.num_rows == 8


def test_other_rows_or_other_parameters_make_another_version():
    table = shop()
    moved = table.set_column(3, "age", pc.add(table["age"], 1e-3))
    versions = {
        fitted("ridge_regression", AMOUNT, table=t)["model_version"][0].as_py()
        for t in (table, moved, table.slice(4))
    }
    assert len(versions) == 3


def test_labels_of_a_yes_or_no_target_are_0_or_1():
    with pytest.raises(ValueError, match="must be 0 or 1"):
        fitted("decision_tree", table=shop(kind=AMOUNT))


def test_unknown_algorithms_are_named():
    with pytest.raises(ValueError, match=r"\['magic'\]"):
        FitOptions(**(vars(OPTIONS) | {"algorithms": ("magic",)}))


def test_each_fold_is_read_once_and_sees_the_features_chosen_for_it():
    fits = pa.table(
        {
            "target": ["purchase", "purchase"],
            "kind": [BINARY, BINARY],
            "fold": ["final", "origin_1"],
        }
    )
    selection = pa.table(
        {
            "target": ["purchase"] * 3,
            "fold": ["final", "final", "origin_1"],
            "feature": ["age", "basket", "visits"],
            "is_selected": [False, True, True],
        }
    )
    asked = []

    def read_fold(fit):
        asked.append(fit["fold"])
        return shop()

    options = FitOptions(**(vars(OPTIONS) | {"algorithms": ("logistic_regression",)}))
    models = fit_folds(fits, read_fold, selection, options)
    named = {
        (fold, feature)
        for fold, component, feature in zip(
            *(models[name].to_pylist() for name in ("fold", "component", "feature")),
            strict=True,
        )
        if component == "coefficient"
    }
    assert asked == ["final", "origin_1"]
    assert named == {("final", "basket"), ("origin_1", "visits")}


def test_no_fit_gives_no_row():
    nothing = pa.table({name: pa.array([], pa.string()) for name in fitting.FIT_NAMES})
    selection = pa.table(
        {"target": [""], "fold": [""], "feature": [""], "is_selected": [True]}
    ).slice(0, 0)
    assert fit_folds(nothing, None, selection, OPTIONS).num_rows == 0


def test_a_straightforward_notebook_model_ranks_no_better():
    """Clipping, choosing and calibrating cost nothing against a plain pipeline."""
    table, later = shop(customers=600), shop(customers=600, seed=9)
    (model,) = models_of(
        of(fitted("logistic_regression", table=table), "logistic_regression")
    )
    ours = predict_rows(later, [model])
    rows, held = rows_of(table), rows_of(later)
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    plain.fit(np.nan_to_num(rows.matrix), rows.labels)
    theirs = plain.predict_proba(np.nan_to_num(held.matrix))[:, 1]
    our_auc = roc_auc_score(ours["label"].to_numpy(), ours["probability"].to_numpy())
    assert our_auc > roc_auc_score(held.labels, theirs) - 0.005


# -- Scoring ---------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["gradient_boosting", "support_vector_machine"])
def test_batches_score_as_the_whole_does(algorithm):
    models = list(models_of(fitted(algorithm)))
    later = shop(seed=2)
    whole = predict_rows(later, models)
    parts = pa.concat_tables(
        predict_rows(later.slice(at, 300), models) for at in range(0, 1000, 300)
    )
    by_row = [
        (name, "ascending") for name in ("model_version", "customer_id", "as_of_date")
    ]
    one, many = whole.sort_by(by_row), parts.sort_by(by_row)
    assert np.abs(one["score"].to_numpy() - many["score"].to_numpy()).max() < 1e-12
    assert one.drop(["score", "probability"]).equals(
        many.drop(["score", "probability"])
    )


def test_an_amount_is_never_below_nought():
    rows = rows_of(shop(kind=AMOUNT), AMOUNT)
    learned = ESTIMATORS["linear_regression"].fit(rows, {})
    parameters = read(learned)
    raw = ESTIMATORS["linear_regression"].score(rows.matrix, parameters, FEATURES)
    score, probability = predict(
        "linear_regression", AMOUNT, rows.matrix, parameters, FEATURES
    )
    assert raw.min() < 0
    assert probability is None
    assert np.array_equal(score, np.maximum(raw, 0))


def test_components_come_back_as_they_went():
    learned = {
        "number": 1.5,
        "features": {"b": 1.0, "a": 2.0},
        "vector": np.array([3.0, np.nan]),
        "matrix": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "named": Vector(["b", ""], np.array([5.0, 6.0])),
    }
    found = Parameters(reversed(to_rows(learned, ["a", "b"])))
    assert found.number("number") == 1.5
    assert found.along("features", ["a", "b"]).tolist() == [2.0, 1.0]
    assert np.array_equal(found.vector("vector"), [3.0, np.nan], equal_nan=True)
    assert found.matrix("matrix", ["a", "b"]).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found.names("named") == ["b", ""]
    with pytest.raises(ValueError, match="expected a component 'other'"):
        found.vector("other")


def test_preparation_fills_clips_and_scales_by_hand():
    column = np.concatenate([np.arange(399.0), [1e9, np.nan]])[:, None]
    found = Preparation.fit(column)
    # Of 401 values, the gap filled with the median, two on either side are moved.
    assert found.fill[0] == 199.5
    assert (found.lower[0], found.upper[0]) == (2.0, 397.0)
    constant = Preparation.fit(np.full((5, 1), 0.1))
    assert constant.scale[0] == 1.0
    assert constant.scaled(np.array([[0.1]]))[0, 0] == 0.0


# -- The baseline ----------------------------------------------------------------------


def test_the_baseline_is_the_rate_of_customers_as_recent():
    days = np.array([1.0, 1.0, 2.0, 2.0, np.nan])
    labels = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    learned = fit_recency_rates(days, labels)
    overall = 4 / 7
    assert learned["bin_lower"].tolist()[1:] == [-np.inf, 2.0]
    assert learned["bin_value"] == pytest.approx(
        [(1 + 2 * overall) / 3, (2 + 2 * overall) / 4, 2 * overall / 4]
    )
    found = score_baseline(np.array([0.0, 1.9, 2.0, 99.0, np.nan]), read(learned))
    assert found == pytest.approx(learned["bin_value"][[1, 1, 2, 2, 0]])


def test_the_baseline_of_an_amount_is_its_mean():
    found = score_baseline(
        np.array([0.0, np.nan]), read(fit_mean(np.array([1.0, 2.0])))
    )
    assert found.tolist() == [1.5, 1.5]


# -- The Bayesian network --------------------------------------------------------------


def discrete(rows=6000, seed=0):
    """b follows a, c follows nobody, and the label moves all three."""
    random = np.random.default_rng(seed)
    label = (random.random(rows) < 0.3).astype(float)
    a = (random.random(rows) < 0.2 + 0.4 * label).astype(float)
    b = (random.random(rows) < 0.1 + 0.6 * a + 0.2 * label).astype(float)
    c = (random.random(rows) < 0.3 + 0.3 * label).astype(float)
    return np.column_stack([a, b, c]), label


def test_the_network_is_bayes_rule_over_counted_tables():
    matrix, labels = discrete()
    learned = fit_network(matrix, labels, ["a", "b", "c"])
    found = score_network(matrix, Parameters(to_rows(learned, ())), ["a", "b", "c"])

    def share(mask, of):
        # Bins are missing, low and high, each seen once more than it was.
        return (np.sum(mask & of) + 1) / (np.sum(of) + 3)

    order = learned["parent"].names
    parents = {
        name: None if at < 0 else order[int(at)]
        for name, at in zip(order, learned["parent"].values, strict=True)
    }
    columns = dict(zip("abc", matrix.T, strict=True))
    for row in ([0, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]):
        at = dict(zip("abc", row, strict=True))
        odds = np.log((labels.sum() + 1) / ((1 - labels).sum() + 1))
        for name, parent in parents.items():
            is_there = columns[name] == at[name]
            above = (
                np.ones(len(labels), bool)
                if parent is None
                else (columns[parent] == at[parent])
            )
            odds += np.log(share(is_there, above & (labels == 1)))
            odds -= np.log(share(is_there, above & (labels == 0)))
        reached = (matrix == row).all(axis=1)
        assert found[reached] == pytest.approx(odds, abs=1e-12)


def test_the_tree_links_what_depends_on_each_other():
    matrix, labels = discrete()
    learned = fit_network(matrix, labels, ["a", "b", "c"])
    names, parents = learned["parent"].names, learned["parent"].values
    links = {
        frozenset((name, names[int(at)]))
        for name, at in zip(names, parents, strict=True)
        if at >= 0
    }
    assert frozenset("ab") in links
    assert len(links) == 2


def test_tables_of_the_network_sum_to_one_and_know_the_missing_value():
    matrix, labels = discrete()
    matrix[:100, 0] = np.nan
    learned = fit_network(matrix, labels, ["a", "b", "c"])
    cells = learned["conditional_probability"]
    # Of one label and one bin of the parent the bins of a feature sum to 1.
    total = sum(1 if at < 0 else 3 for at in learned["parent"].values)
    assert cells.values.sum() == pytest.approx(2 * total)
    gap = score_network(
        np.array([[np.nan, 0.0, 0.0]]),
        Parameters(to_rows(learned, ())),
        ["a", "b", "c"],
    )
    assert np.isfinite(gap).all()


def test_a_network_without_a_telling_feature_gives_the_base_rate():
    learned = fit_network(np.zeros((10, 1)), np.array([1.0] * 3 + [0.0] * 7), ["a"])
    found = score_network(np.zeros((2, 1)), Parameters(to_rows(learned, ())), ["a"])
    assert expit(found) == pytest.approx([4 / 12, 4 / 12])


# -- Explanations ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithm", ["logistic_regression", "decision_tree", "gradient_boosting"]
)
def test_contributions_add_up_to_the_score(algorithm):
    (model,) = models_of(of(fitted(algorithm), algorithm))
    matrix = rows_of(shop(seed=4)).matrix[
        :, [FEATURES.index(name) for name in model.features]
    ]
    score, _ = model.predict(matrix)
    rest = score - contributions(model, matrix).sum(axis=1)
    assert np.ptp(rest) < 1e-12 * 1e3


def test_other_models_are_explained_by_what_a_feature_changes():
    (model,) = models_of(of(fitted("neural_network"), "neural_network"))
    matrix = rows_of(shop(seed=4)).matrix
    without = matrix.copy()
    without[:, 1] = np.nan
    moved = contributions(model, matrix)[:, 1]
    assert model.features == FEATURES
    raw = [logit(model.predict(m)[1]) for m in (matrix, without)]
    slope = model.parameters.along("platt", ["slope"])[0]
    assert moved == pytest.approx((raw[0] - raw[1]) / slope, abs=1e-6)


def test_reasons_are_the_largest_moves_and_ties_go_by_name():
    moved = np.array([[0.5, -2.0, 0.5, 0.0], [0.0, 0.0, 1.0, 0.0]])
    (first, _), (second, values), (third, _) = reasons(moved, FEATURES)
    assert first == ["basket", "recency_days"]
    assert second == ["age", None]
    assert third == ["recency_days", None]
    assert values == [0.5, None]


def test_importance_is_what_sklearn_measures_and_planted():
    (model,) = models_of(of(fitted("gradient_boosting"), "gradient_boosting"))
    later = shop(seed=5)
    found = permutation_importance(model, later, repeats=20, random_state=1)
    means = {name: drops.mean() for name, drops in found.items()}
    assert max(means, key=means.get) == "recency_days"
    assert abs(means["visits"]) < 0.02

    rows = rows_of(later)
    theirs = sklearn_importance(
        # Never fitted here: sklearn asks only whether it could be.
        DecisionTreeClassifier(),
        rows.matrix,
        rows.labels,
        scoring=lambda _, x, y: roc_auc_score(y, model.predict(x)[1]),
        n_repeats=20,
        random_state=2,
    ).importances_mean
    assert model.features == FEATURES
    for name, value in zip(FEATURES, theirs, strict=True):
        assert means[name] == pytest.approx(value, abs=0.01)


def test_alike_labels_leave_nothing_to_be_important():
    (model,) = models_of(of(fitted("decision_tree"), "decision_tree"))
    alike = shop().set_column(2, "label", pa.array([1.0] * 1000))
    assert permutation_importance(model, alike, repeats=2, random_state=1) == {}


def test_partial_dependence_is_a_mean_over_everyone_at_one_value():
    (model,) = models_of(of(fitted("logistic_regression"), "logistic_regression"))
    later = shop(seed=5)
    values, means = partial_dependence(model, later, "basket")
    matrix = rows_of(later).matrix.copy()
    matrix[:, FEATURES.index("basket")] = values[3]
    assert means[3] == pytest.approx(model.predict(matrix)[1].mean(), abs=1e-12)
    assert (np.diff(values) > 0).all()
    assert (np.diff(means) > 0).all()


def test_explanations_are_the_same_for_shuffled_rows():
    models = list(models_of(of(fitted("decision_tree"), "decision_tree")))
    later = shop(seed=5)
    shuffled = later.take(np.random.default_rng(1).permutation(later.num_rows))
    settings = {"repeats": 2, "max_rows": 200, "feature_count": 1, "random_state": 1}
    first, again = (
        explain_models([(model, rows) for model in models], **settings)
        for rows in (later, shuffled)
    )
    assert first.equals(again)
    assert set(first["kind"].to_pylist()) == {"importance", "dependence"}
    assert explain_models([], **settings).num_rows == 0


def test_the_profile_says_where_the_training_rows_lay():
    table = shop()
    models = of(fitted("decision_tree", table=table), "decision_tree")

    def part(component, feature):
        wanted = (pc.field("component") == component) & (pc.field("feature") == feature)
        return models.filter(wanted).sort_by("position")["value"].to_pylist()

    column = table["visits"].to_numpy(zero_copy_only=False)
    edges, shares = part("profile_edge", "visits"), part("profile_share", "visits")
    assert len(edges) == 10
    assert len(shares) == 11
    assert shares[0] == pytest.approx(np.isnan(column).mean())
    inside = (column >= edges[3]) & (column < edges[4])
    assert shares[4] == pytest.approx(inside.mean())
    assert sum(part("profile_share", "prediction")) == pytest.approx(1)
