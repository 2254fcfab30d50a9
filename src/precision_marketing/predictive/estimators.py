"""The estimators by name: what each is tried with, how it is fitted and how it scores.

scikit-learn fits; what was learned leaves as `Learned` components, and `score` computes
from them what the fitted object's own predict would (see the tests).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, logit
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    QuantileRegressor,
    Ridge,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from precision_marketing.predictive.bayesian_network import (
    fit_network,
    score_network,
)
from precision_marketing.predictive.calibration import calibrate
from precision_marketing.predictive.elastic_net import fit_elastic_net
from precision_marketing.predictive.parameters import Learned, Parameters, to_rows
from precision_marketing.predictive.preparation import Preparation
from precision_marketing.predictive.trees import (
    learned_nodes,
    nodes_of_boosting,
    nodes_of_sklearn,
    score_nodes,
)

BINARY, AMOUNT = "binary", "amount"
Settings = Mapping[str, float]

# Candidates are told apart by their loss on other rows: the third digit is enough.
# What is kept is solved until two solvers agree to six digits.
CHOOSING_TOLERANCE, FINAL_TOLERANCE = 1e-3, 1e-7
MAX_ITERATIONS = 1_000
TREE_MAX_DEPTH = 5
FOREST_TREES, FOREST_MAX_DEPTH = 100, 8
MIN_LEAF_ROWS = 20
BOOSTING_ROUNDS, BOOSTING_RATE, BOOSTING_LEAVES = 60, 0.1, 8
# Trees are added until so many rounds made the loss on later rows no smaller.
BOOSTING_STEP = 10
# A kernel compares each row with each other: beyond this the fit takes minutes.
KERNEL_ROWS_MAX = 2_000
KERNEL_BLOCK_ROWS = 10_000
HIDDEN_UNITS = 16
QUANTILE_ROWS_MAX = 5_000
QUANTILE = 0.5
# A leaf, a forest or naive Bayes may claim certainty; log odds need a number.
SURE = 1e-6


@dataclass(frozen=True)
class Rows:
    """What an estimator is fitted on: features with NaN for gaps, and labels."""

    matrix: np.ndarray
    labels: np.ndarray
    features: Sequence[str]
    kind: str
    random_state: int
    preparation: Preparation
    # While candidates are compared less precision will do.
    is_choosing: bool = False
    # Rows of a rare class count for more; only where a calibration repairs the
    # probabilities afterwards.
    is_balanced: bool = False

    @property
    def class_weight(self) -> str | None:
        """As scikit-learn's classifiers take it."""
        return "balanced" if self.is_balanced else None


@dataclass(frozen=True)
class Estimator:
    """How one algorithm is tried, fitted and scored.

    Attributes
    ----------
    kinds : tuple of str
        Of targets it can predict: 'binary', 'amount'.
    fit : callable
        (rows, settings) to `Learned`.
    score : callable
        (matrix, parameters, features) to a vector: of a binary target a number that
        rises with the probability, of an amount the amount.
    candidates : mapping of kind to settings
        Tried in turn on later rows; of equal ones the first is kept, so the simplest
        comes first.
    fallback : mapping of kind to settings
        Taken where nothing can be held back to choose by.
    stages : callable, optional
        (rows, settings, later matrix) to (settings, later scores) of each state that
        one fit goes through, in place of a fit for each.
    absorb : callable, optional
        (learned, calibration) to learned: puts a calibration into the parameters, so
        that the score is already what it should be.
    is_line_only : bool
        Only Platt's line can be absorbed.
    is_probability : bool
        The score is a probability itself, no log odds.
    """

    name: str
    kinds: tuple[str, ...]
    fit: Callable[[Rows, Settings], Learned]
    score: Callable[[np.ndarray, Parameters, Sequence[str]], np.ndarray]
    candidates: Mapping[str, Sequence[Settings]] = field(
        default_factory=lambda: {BINARY: ({},), AMOUNT: ({},)}
    )
    fallback: Mapping[str, Settings] = field(
        default_factory=lambda: {BINARY: {}, AMOUNT: {}}
    )
    stages: Callable | None = None
    absorb: Callable[[Learned, Learned], Learned] | None = None
    is_line_only: bool = False
    is_probability: bool = False
    is_balanced: bool = False
    rows_max: int | None = None


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Log odds of probabilities that may be 0 or 1."""
    return logit(np.clip(probability, SURE, 1 - SURE))


# -- Linear ----------------------------------------------------------------------------


def _learned_line(rows: Rows, coefficients: np.ndarray, intercept: float) -> Learned:
    return {
        **rows.preparation.learned(rows.features),
        "coefficient": dict(zip(rows.features, coefficients, strict=True)),
        "intercept": float(intercept),
    }


def _fit_logistic(rows: Rows, settings: Settings) -> Learned:
    scaled = rows.preparation.scaled(rows.matrix)
    tolerance = CHOOSING_TOLERANCE if rows.is_choosing else FINAL_TOLERANCE
    if settings["l1_ratio"]:
        coefficients, intercept, steps, converged = fit_elastic_net(
            scaled, rows.labels, **settings, tolerance=tolerance
        )
    else:
        model = LogisticRegression(
            C=settings["c"], tol=tolerance, max_iter=MAX_ITERATIONS
        ).fit(scaled, rows.labels)
        coefficients, intercept = model.coef_[0], model.intercept_[0]
        steps = int(model.n_iter_[0])
        converged = steps < MAX_ITERATIONS
    return _learned_line(rows, coefficients, intercept) | {
        "iterations": float(steps),
        "converged": float(converged),
    }


def _absorb_platt(learned: Learned, calibration: Learned) -> Learned:
    """A line of a line is a line."""
    if not calibration:
        return learned
    slope, intercept = (calibration["platt"][part] for part in ("slope", "intercept"))
    return learned | {
        "coefficient": {
            name: value * slope for name, value in learned["coefficient"].items()
        },
        "intercept": learned["intercept"] * slope + intercept,
    }


def _fit_least_squares(rows: Rows, _settings: Settings) -> Learned:
    scaled = rows.preparation.scaled(rows.matrix)
    model = LinearRegression().fit(scaled, rows.labels)
    return _learned_line(rows, model.coef_, model.intercept_)


def _fit_ridge(rows: Rows, settings: Settings) -> Learned:
    scaled = rows.preparation.scaled(rows.matrix)
    # Per row, so that the same strength means the same on a sample and on all.
    model = Ridge(alpha=settings["alpha"] * len(scaled)).fit(scaled, rows.labels)
    return _learned_line(rows, model.coef_, model.intercept_)


def _fit_quantile(rows: Rows, settings: Settings) -> Learned:
    scaled = rows.preparation.scaled(rows.matrix)
    # In units of the labels' spread, else the penalty would depend on the currency.
    scale = rows.labels.std() or 1.0
    model = QuantileRegressor(quantile=QUANTILE, alpha=settings["alpha"])
    model.fit(scaled, rows.labels / scale)
    return _learned_line(rows, model.coef_ * scale, model.intercept_ * scale)


def _score_line(matrix, parameters: Parameters, features) -> np.ndarray:
    scaled = Preparation.read(parameters, features).scaled(matrix)
    return scaled @ parameters.along("coefficient", features) + parameters.number(
        "intercept"
    )


# -- Trees -----------------------------------------------------------------------------


def _fit_tree(rows: Rows, settings: Settings) -> Learned:
    kind = DecisionTreeRegressor
    options = {}
    if rows.kind == BINARY:
        kind, options = DecisionTreeClassifier, {"class_weight": rows.class_weight}
    model = kind(
        max_depth=int(settings["max_depth"]),
        min_samples_leaf=MIN_LEAF_ROWS,
        random_state=rows.random_state,
        **options,
    ).fit(rows.preparation.filled(rows.matrix), rows.labels)
    return _learned_sum(rows, [model.tree_])


def _fit_forest(rows: Rows, _settings: Settings) -> Learned:
    kind = RandomForestRegressor
    options = {}
    if rows.kind == BINARY:
        kind, options = RandomForestClassifier, {"class_weight": rows.class_weight}
    model = kind(
        n_estimators=FOREST_TREES,
        max_depth=FOREST_MAX_DEPTH,
        min_samples_leaf=MIN_LEAF_ROWS,
        random_state=rows.random_state,
        **options,
    ).fit(rows.preparation.filled(rows.matrix), rows.labels)
    return _learned_sum(rows, [tree.tree_ for tree in model.estimators_])


def _learned_sum(rows: Rows, trees: Sequence) -> Learned:
    """Nodes worth the tree's share of the mean; of classes the share of positives."""
    if rows.kind == BINARY:
        values = [
            tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1) for tree in trees
        ]
    else:
        values = [tree.value[:, 0, 0] for tree in trees]
    nodes = nodes_of_sklearn(trees, [value / len(trees) for value in values])
    return learned_nodes(nodes, rows.preparation.fill, rows.features)


def _absorb_in_leaves(learned: Learned, calibration: Learned) -> Learned:
    """The probability of each leaf, calibrated once."""
    rows = to_rows(calibration, ())
    values = calibrate(log_odds(learned["node_value"]), Parameters(rows))
    return learned | {"node_value": values}


def _score_share(matrix, parameters: Parameters, features) -> np.ndarray:
    """Log odds of the mean share of positives, or the mean amount."""
    return score_nodes(matrix, parameters, features)


def _boosting(rows: Rows, rounds: int):
    kind = (
        HistGradientBoostingClassifier
        if rows.kind == BINARY
        else HistGradientBoostingRegressor
    )
    return kind(
        max_iter=rounds,
        learning_rate=BOOSTING_RATE,
        max_leaf_nodes=BOOSTING_LEAVES,
        min_samples_leaf=MIN_LEAF_ROWS,
        early_stopping=False,
        random_state=rows.random_state,
    ).fit(rows.preparation.filled(rows.matrix), rows.labels)


def _boosting_stages(rows: Rows, _settings: Settings, later: np.ndarray):
    """Scores on later rows after each `BOOSTING_STEP` rounds of one fit."""
    model = _boosting(rows, BOOSTING_ROUNDS)
    filled = rows.preparation.filled(later)
    staged = (
        model.staged_decision_function if rows.kind == BINARY else model.staged_predict
    )
    for rounds, scores in enumerate(staged(filled), start=1):
        if rounds % BOOSTING_STEP == 0:
            yield {"rounds": rounds}, np.ravel(scores)


def _fit_boosting(rows: Rows, settings: Settings) -> Learned:
    model = _boosting(rows, int(settings["rounds"]))
    nodes = nodes_of_boosting(model._predictors)
    return learned_nodes(nodes, rows.preparation.fill, rows.features) | {
        "intercept": float(np.ravel(model._baseline_prediction)[0])
    }


def _score_boosting(matrix, parameters: Parameters, features) -> np.ndarray:
    return parameters.number("intercept") + score_nodes(matrix, parameters, features)


# -- Others ----------------------------------------------------------------------------


def _fit_kernel(rows: Rows, _settings: Settings) -> Learned:
    scaled = rows.preparation.scaled(rows.matrix)
    gamma = 1 / scaled.shape[1]
    if rows.kind == BINARY:
        unit = 1.0
        model = SVC(C=1.0, gamma=gamma, class_weight=rows.class_weight)
        model.fit(scaled, rows.labels)
    else:
        # In units of the labels' spread, else the width of the tube has no meaning.
        unit = rows.labels.std() or 1.0
        model = SVR(C=1.0, gamma=gamma, epsilon=0.1).fit(scaled, rows.labels / unit)
    return rows.preparation.learned(rows.features) | {
        "support_vector": model.support_vectors_,
        "dual_coefficient": model.dual_coef_[0] * unit,
        "intercept": float(model.intercept_[0]) * unit,
        "gamma": gamma,
    }


def _score_kernel(matrix, parameters: Parameters, features) -> np.ndarray:
    preparation = Preparation.read(parameters, features)
    vectors = parameters.matrix("support_vector", features)
    weights, gamma = parameters.vector("dual_coefficient"), parameters.number("gamma")
    scores = np.full(len(matrix), parameters.number("intercept"))
    lengths = (vectors**2).sum(axis=1)
    for start in range(0, len(matrix), KERNEL_BLOCK_ROWS):
        part = slice(start, start + KERNEL_BLOCK_ROWS)
        scaled = preparation.scaled(matrix[part])
        square = (scaled**2).sum(axis=1)[:, None] + lengths - 2 * scaled @ vectors.T
        scores[part] += np.exp(-gamma * np.maximum(square, 0)) @ weights
    return scores


def _fit_network_of_units(rows: Rows, settings: Settings) -> Learned:
    kind, unit = MLPClassifier, 1.0
    labels = rows.labels
    if rows.kind == AMOUNT:
        kind, unit = MLPRegressor, rows.labels.std() or 1.0
        labels = rows.labels / unit
    model = kind(
        hidden_layer_sizes=(HIDDEN_UNITS,),
        # Per row, as of ridge: scikit-learn divides it by the rows.
        alpha=settings["alpha"] * len(labels),
        solver="lbfgs",
        max_iter=200,
        random_state=rows.random_state,
    ).fit(rows.preparation.scaled(rows.matrix), labels)
    hidden, output = model.coefs_
    return rows.preparation.learned(rows.features) | {
        "hidden_weight": hidden.T,
        "hidden_intercept": model.intercepts_[0],
        "output_weight": output[:, 0] * unit,
        "intercept": float(model.intercepts_[1][0]) * unit,
    }


def _score_network_of_units(matrix, parameters: Parameters, features) -> np.ndarray:
    scaled = Preparation.read(parameters, features).scaled(matrix)
    hidden = scaled @ parameters.matrix("hidden_weight", features).T
    hidden = np.maximum(hidden + parameters.vector("hidden_intercept"), 0)
    return hidden @ parameters.vector("output_weight") + parameters.number("intercept")


def _fit_naive_bayes(rows: Rows, settings: Settings) -> Learned:
    model = GaussianNB(var_smoothing=settings["smoothing"])
    model.fit(rows.preparation.scaled(rows.matrix), rows.labels)
    return rows.preparation.learned(rows.features) | {
        "class_mean": model.theta_,
        "class_variance": model.var_,
        "label_probability": model.class_prior_,
    }


def _score_naive_bayes(matrix, parameters: Parameters, features) -> np.ndarray:
    scaled = Preparation.read(parameters, features).scaled(matrix)
    means = parameters.matrix("class_mean", features)
    variances = parameters.matrix("class_variance", features)
    chance = np.log(parameters.vector("label_probability"))
    joint = [
        chance[label]
        - 0.5 * np.log(2 * np.pi * variances[label]).sum()
        - 0.5 * ((scaled - means[label]) ** 2 / variances[label]).sum(axis=1)
        for label in (0, 1)
    ]
    return joint[1] - joint[0]


def _fit_bayesian_network(rows: Rows, _settings: Settings) -> Learned:
    return fit_network(rows.matrix, rows.labels, rows.features)


ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        Estimator(
            name="logistic_regression",
            kinds=(BINARY,),
            fit=_fit_logistic,
            score=_score_line,
            candidates={
                BINARY: (
                    *({"l1_ratio": 1.0, "c": c} for c in (0.01, 0.1)),
                    *({"l1_ratio": 0.5, "c": c} for c in (0.01, 0.1)),
                    *({"l1_ratio": 0.0, "c": c} for c in (0.001, 0.01, 0.1, 1.0)),
                )
            },
            fallback={BINARY: {"l1_ratio": 0.0, "c": 0.1}},
            absorb=_absorb_platt,
            is_line_only=True,
        ),
        Estimator(
            name="linear_regression",
            kinds=(AMOUNT,),
            fit=_fit_least_squares,
            score=_score_line,
        ),
        Estimator(
            name="ridge_regression",
            kinds=(AMOUNT,),
            fit=_fit_ridge,
            score=_score_line,
            candidates={AMOUNT: [{"alpha": a} for a in (10.0, 1.0, 0.1, 0.01)]},
            fallback={AMOUNT: {"alpha": 0.1}},
        ),
        Estimator(
            name="quantile_regression",
            kinds=(AMOUNT,),
            fit=_fit_quantile,
            score=_score_line,
            candidates={AMOUNT: [{"alpha": 0.01}]},
            fallback={AMOUNT: {"alpha": 0.01}},
            rows_max=QUANTILE_ROWS_MAX,
        ),
        Estimator(
            name="decision_tree",
            kinds=(BINARY, AMOUNT),
            fit=_fit_tree,
            score=_score_share,
            candidates={
                kind: [{"max_depth": depth} for depth in (3, TREE_MAX_DEPTH)]
                for kind in (BINARY, AMOUNT)
            },
            fallback={kind: {"max_depth": 3} for kind in (BINARY, AMOUNT)},
            absorb=_absorb_in_leaves,
            is_probability=True,
            is_balanced=True,
        ),
        Estimator(
            name="random_forest",
            kinds=(BINARY, AMOUNT),
            fit=_fit_forest,
            score=_score_share,
            is_probability=True,
            is_balanced=True,
        ),
        Estimator(
            name="gradient_boosting",
            kinds=(BINARY, AMOUNT),
            fit=_fit_boosting,
            score=_score_boosting,
            fallback={
                kind: {"rounds": BOOSTING_ROUNDS // 2} for kind in (BINARY, AMOUNT)
            },
            stages=_boosting_stages,
        ),
        Estimator(
            name="support_vector_machine",
            kinds=(BINARY, AMOUNT),
            fit=_fit_kernel,
            score=_score_kernel,
            is_balanced=True,
            rows_max=KERNEL_ROWS_MAX,
        ),
        Estimator(
            name="neural_network",
            kinds=(BINARY, AMOUNT),
            fit=_fit_network_of_units,
            score=_score_network_of_units,
            candidates={
                kind: [{"alpha": alpha} for alpha in (0.01, 0.001, 0.0001)]
                for kind in (BINARY, AMOUNT)
            },
            fallback={kind: {"alpha": 0.001} for kind in (BINARY, AMOUNT)},
        ),
        Estimator(
            name="naive_bayes",
            kinds=(BINARY,),
            fit=_fit_naive_bayes,
            score=_score_naive_bayes,
            candidates={BINARY: [{"smoothing": s} for s in (1e-1, 1e-3)]},
            fallback={BINARY: {"smoothing": 1e-1}},
        ),
        Estimator(
            name="bayesian_network",
            kinds=(BINARY,),
            fit=_fit_bayesian_network,
            score=score_network,
        ),
    )
}


def predict(
    name: str, kind: str, matrix: np.ndarray, parameters: Parameters, features
) -> tuple[np.ndarray, np.ndarray | None]:
    """Scores and calibrated probabilities of rows, from what was learned.

    Parameters
    ----------
    name : str
        Of `ESTIMATORS`.
    kind : str
        'binary' or 'amount'.
    matrix : numpy.ndarray of shape (n, d)
        NaN where a feature is not known.
    parameters : Parameters
    features : sequence of str, length d

    Returns
    -------
    score, probability : numpy.ndarray of shape (n,)
        Of an amount the score is the amount, never below 0, and there is no
        probability (None).
    """
    estimator = ESTIMATORS[name]
    score = estimator.score(matrix, parameters, features)
    if kind == AMOUNT:
        return np.maximum(score, 0.0), None
    if estimator.is_probability and estimator.absorb:
        return score, score
    if estimator.is_probability:
        score = log_odds(score)
    if estimator.absorb:
        return score, expit(score)
    return score, calibrate(score, parameters)
