"""What SQL says of models, counted again by scikit-learn from the same predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .builds import Build

CUT = 1 / 5


@pytest.fixture(scope="module")
def predictions(demo) -> pd.DataFrame:
    return demo.frame("from ml_pm__judged_predictions order by all")


@pytest.fixture(scope="module")
def evaluated(demo) -> pd.Series:
    frame = demo.frame(
        "select model_version, metric, value from pm__model_evaluation order by all"
    )
    return frame.set_index(["model_version", "metric"])["value"]


def by_scikit_learn(kind: str, y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    if kind == "amount":
        return {
            "mse": metrics.mean_squared_error(y, p),
            "mae": metrics.mean_absolute_error(y, p),
            "r2": metrics.r2_score(y, p),
        }
    chosen = p >= CUT
    false_positive_rate, true_positive_rate, _ = metrics.roc_curve(
        y, p, drop_intermediate=False
    )
    return {
        "auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
        "ks": (true_positive_rate - false_positive_rate).max(),
        "accuracy": metrics.accuracy_score(y, chosen),
        "precision": metrics.precision_score(y, chosen),
        "recall": metrics.recall_score(y, chosen),
        "f1": metrics.f1_score(y, chosen),
    }


def test_every_metric_equals_scikit_learns(predictions, evaluated):
    checked = 0
    for version, rows in predictions.groupby("model_version"):
        kind = rows["kind"].iloc[0]
        wanted = by_scikit_learn(
            kind, rows["label"].to_numpy(), rows["prediction"].to_numpy()
        )
        for metric, value in wanted.items():
            assert evaluated[version, metric] == pytest.approx(
                value, rel=1e-9, abs=1e-9
            ), (version, metric)
            checked += 1
    # Three origins of five yes or no targets and one amount.
    assert checked >= 3 * (5 * 9 + 3) * 4


def test_every_algorithm_is_judged_on_the_same_customers(predictions):
    judged = predictions.groupby(["target", "fold", "algorithm"])["customer_id"].agg(
        lambda ids: tuple(sorted(ids))
    )
    per_fold = judged.groupby(["target", "fold"]).nunique()
    assert (per_fold == 1).all()
    assert len(per_fold) == 18


def test_every_score_leads_to_its_model_its_parameters_and_its_card(demo: Build):
    assert (
        demo.value(
            "select count(*) from pm__customer_scores as scores"
            " left join pm__model_cards as cards using (target, model_version)"
            " left join (select distinct model_version from pm__model_parameters"
            "   where fold = 'final') as parameters using (model_version)"
            " where cards.target is null or parameters.model_version is null"
        )
        == 0
    )
    assert demo.value("select count(distinct target) from pm__customer_scores") == 6


def test_every_score_leads_to_the_snapshot_it_was_made_from(demo: Build):
    assert (
        demo.value(
            "select count(*) from pm__customer_scores as scores"
            " left join int_pm__customer_snapshots as snapshots"
            " on scores.as_of_date = snapshots.as_of_date"
            " and scores.customer_id = snapshots.customer_id"
            " and scores.snapshot_fingerprint = snapshots.fingerprint"
            " where snapshots.customer_id is null"
        )
        == 0
    )


def notebook_model(demo: Build, fold: str) -> dict[str, float]:
    """What a notebook would do with the same split: scale, fit, predict."""
    rows = demo.frame(
        f"from ml_pm__fold_rows where target = 'purchase' and fold = '{fold}'"
        " order by as_of_date, customer_id"
    )
    names = ["target", "kind", "fold", "split", "label", "as_of_date", "customer_id"]
    features = rows.drop(columns=names).fillna(0)
    is_train = rows["split"] == "train"
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(features[is_train], rows["label"][is_train])
    chance = model.predict_proba(features[~is_train])[:, 1]
    labels = rows["label"][~is_train]
    return {
        "auc": metrics.roc_auc_score(labels, chance),
        "average_precision": metrics.average_precision_score(labels, chance),
    }


def test_the_model_in_use_beats_the_baseline_and_matches_a_notebook(demo, evaluated):
    """On planted behaviour: a grade, and no loss against all features, unclipped."""
    (champion,) = demo.records(
        "from pm__model_comparison where target = 'purchase' and is_champion"
    )
    assert champion["grade"] in ("A", "B")
    versions = demo.rows(
        "select distinct fold, model_version from pm__model_evaluation"
        f" where final_model_version = '{champion['model_version']}' order by fold"
    )
    assert len(versions) == 3
    ours = [evaluated[version, "average_precision"] for _, version in versions]
    theirs = [notebook_model(demo, fold)["average_precision"] for fold, _ in versions]
    assert np.mean(ours) > np.mean(theirs) - 0.02


def test_the_features_a_model_rests_on_are_those_it_sees(demo: Build):
    assert (
        demo.value(
            "select count(*) from pm__feature_importance as importances"
            " left join ml_pm__feature_selection as selection"
            " using (target, fold, feature) where selection.is_selected is not true"
        )
        == 0
    )
    best = demo.frame(
        "select target, importance, importance_spread from pm__feature_importance"
        " where importance_rank = 1 order by target"
    )
    assert len(best) == 6
    assert (best["importance"] > 0).all()


@pytest.fixture(scope="module")
def selections(project) -> dict[str, dict[str, str]]:
    """Models of the selectors fit and score, each with the folder it lies in."""

    def folders(selector: str) -> dict[str, str]:
        outcome = project.invoke(
            "ls", "--selector", selector, "--resource-type", "model"
        )
        assert outcome.success, outcome.exception
        paths = [path.split(".")[1:] for path in outcome.result]
        return {path[-1]: ".".join(path[:-1]) for path in paths}

    return {selector: folders(selector) for selector in ("fit", "score")}


def test_scoring_alone_fits_nothing_and_looks_at_no_past_fit(selections):
    assert selections["score"].keys() >= {
        "pm__customer_scores",
        "ml_pm__linear_scores",
        "int_pm__customer_snapshots",
    }
    fits = {name for name, folder in selections["fit"].items() if folder == "ml.fits"}
    assert fits >= {
        "ml_pm__feature_selection",
        "ml_pm__model_parameters",
        "ml_pm__model_comparison",
    }
    assert not selections["score"].keys() & fits


def test_scoring_alone_keeps_what_the_fit_learned_of_its_first_day(selections):
    """When past days move on, category_5 may be another one than its model knows."""
    learned = {"int_pm__target_categories", "int_pm__outlier_bounds"}
    assert selections["fit"].keys() >= learned
    assert not selections["score"].keys() & learned


def test_a_fit_brings_the_cards_and_parameters_that_its_scores_lead_to(selections):
    assert selections["fit"].keys() >= {"pm__model_cards", "pm__model_parameters"}
