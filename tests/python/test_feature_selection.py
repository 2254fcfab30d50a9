"""Feature selection: each step on rows made for it, by hand and beside scikit-learn."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso, lars_path
from sklearn.metrics import mutual_info_score, roc_auc_score

from precision_marketing.feature_selection import (
    FEATURE_SELECTION_SCHEMA,
    feature_names,
    select_features,
)

DAY = datetime.date(2025, 1, 1)
ROW_COUNT = 2_000


def table_of(features, *, fold="final", customers=None):
    count = len(next(iter(features.values())))
    return pa.table(
        {
            "fold": [fold] * count,
            "as_of_date": [DAY] * count,
            "customer_id": customers or [f"C{n:06d}" for n in range(count)],
            **features,
        }
    )


def labels_of(label, *, target="purchase", fold="final"):
    rows = table_of({"label": np.asarray(label, dtype=float)}, fold=fold)
    return rows.append_column("target", pa.array([target] * rows.num_rows))


def choose(features, label, *, kind="binary", **settings):
    """The verdict of each feature of one target."""
    rows = table_of(features)
    found = select_features(
        rows,
        labels_of(label),
        feature_columns=feature_names(rows),
        kinds={"purchase": kind},
        **settings,
    )
    return {row["feature"]: row for row in found.to_pylist()}


@pytest.fixture
def shop():
    """Signals of a label, one of them twice, noise, and what hardly varies."""
    random = np.random.default_rng(7)
    signal, other = random.normal(size=(2, ROW_COUNT))
    odds = 1.5 * signal + 0.8 * other
    label = (random.random(ROW_COUNT) < 1 / (1 + np.exp(-odds))).astype(float)
    rare = np.zeros(ROW_COUNT)
    rare[:5] = 1
    features = {
        "signal": signal,
        "other": other,
        # Worse than the signal, and so the one of the two that goes.
        "a_copy": signal + 0.1 * random.normal(size=ROW_COUNT),
        "noise": random.normal(size=ROW_COUNT),
        "rare": rare,
        "constant": np.full(ROW_COUNT, 3.0),
    }
    return features, label


def test_each_step_drops_what_it_is_for(shop):
    features, label = shop
    found = choose(features, label)
    assert {feature: row["reason"] for feature, row in found.items()} == {
        "signal": "selected",
        "other": "selected",
        "a_copy": "correlated",
        "noise": "no_information",
        "rare": "near_constant",
        "constant": "near_constant",
    }
    assert found["a_copy"]["related_feature"] == "signal"
    assert [row["is_selected"] for row in found.values()].count(True) == 2


def test_a_feature_planted_from_the_future_is_caught(shop):
    features, label = shop
    random = np.random.default_rng(8)
    # What was bought after the day, written among what was known before it.
    planted = np.where(label > 0, random.exponential(50, ROW_COUNT), 0)
    found = choose(features | {"orders_soon": planted}, label)
    assert found["orders_soon"]["reason"] == "suspected_leak"
    assert not found["orders_soon"]["is_selected"]
    assert found["signal"]["reason"] == "selected"


def test_a_leak_of_an_amount_is_caught_by_its_order(shop):
    features, label = shop
    random = np.random.default_rng(9)
    amount = np.where(label > 0, random.lognormal(3, 1, ROW_COUNT), 0)
    found = choose(features | {"spent": amount**2}, amount, kind="amount")
    assert found["spent"]["reason"] == "suspected_leak"
    assert found["signal"]["reason"] == "selected"
    assert found["signal"]["separation"] == pytest.approx(
        0.5 + abs(spearmanr(features["signal"], amount).statistic) / 2
    )


def test_separation_is_the_area_under_the_curve_either_way_round(shop):
    features, label = shop
    down = {"down": -features["signal"]}
    found = choose(features | down, label)
    area = roc_auc_score(label, features["signal"])
    assert found["signal"]["separation"] == pytest.approx(area)
    assert found["down"]["separation"] == pytest.approx(area)


def test_information_is_that_of_quantile_bins(shop):
    features, label = shop
    signal = features["signal"]
    edges = np.quantile(signal, np.linspace(0, 1, 11)[1:-1])
    expected = mutual_info_score(np.searchsorted(edges, signal), label)
    assert choose(features, label)["signal"]["mutual_information"] == pytest.approx(
        expected
    )


def test_the_lasso_is_the_best_of_all_along_the_path():
    random = np.random.default_rng(10)
    matrix = random.normal(size=(ROW_COUNT, 5))
    # The last one says what the first one does, less well, and nothing else.
    matrix[:, 4] = 0.8 * matrix[:, 0] + 0.6 * matrix[:, 4]
    score = matrix @ [1.0, 0.7, 0.5, 0.4, 0.0] + random.normal(size=ROW_COUNT)
    label = (score > 0) * 1.0
    found = choose(dict(zip("abcde", matrix.T, strict=True)), label)
    left = [name for name in "abcde" if found[name]["l1_coefficient"] is not None]
    assert len(left) >= 3
    kept = [n for n, name in enumerate("abcde") if name in left]
    scaled = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    # The same by residuals of each fit, row by row, instead of from sums of products.
    centred = label - label.mean()
    alphas, _, _ = lars_path(scaled[:, kept], centred, method="lasso")
    fits = [
        Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000)
        .fit(scaled[:, kept], centred)
        .coef_
        for alpha in alphas[:-1]
    ]
    fits.append(np.linalg.lstsq(scaled[:, kept], centred)[0])
    criteria = [
        ROW_COUNT * np.log(np.mean((centred - scaled[:, kept] @ fit) ** 2))
        # One that is just entering has a coefficient of rounding alone.
        + 2 * np.count_nonzero(np.abs(fit) > 1e-9)
        for fit in fits
    ]
    best = fits[int(np.argmin(criteria))]
    coefficients = [found[name]["l1_coefficient"] for name in left]
    np.testing.assert_allclose(coefficients, best, atol=1e-6)
    assert found["e"]["reason"] == "l1_zero"


def test_what_is_missing_may_be_what_tells(shop):
    features, label = shop
    random = np.random.default_rng(11)
    known = random.normal(size=ROW_COUNT)
    often_missing = np.where(
        (label > 0) & (random.random(ROW_COUNT) < 0.6), np.nan, known
    )
    found = choose({"sometimes": often_missing, "other": features["other"]}, label)
    assert found["sometimes"]["mutual_information"] > 0.05
    assert found["sometimes"]["differing_share"] < 1


def test_one_customer_seen_often_is_one_witness():
    # 40 customers on 50 days each: what looks sure of 2,000 is chance of 40.
    random = np.random.default_rng(12)
    per_customer = random.normal(size=40)
    buys = np.repeat((per_customer + 2.0 * random.normal(size=40) > 0) * 1.0, 50)
    days = [DAY + datetime.timedelta(days=n) for n in range(50)] * 40
    customers = [f"C{n:02d}" for n in range(40) for _ in range(50)]
    keys = {"fold": ["final"] * 2_000, "as_of_date": days, "customer_id": customers}
    rows = pa.table(keys | {"feature": np.repeat(per_customer, 50)})
    labels = pa.table(keys | {"target": ["purchase"] * 2_000, "label": buys})
    found = select_features(
        rows,
        labels,
        feature_columns=["feature"],
        kinds={"purchase": "binary"},
        min_positives=10,
        min_negatives=10,
    ).to_pylist()
    assert found[0]["customer_count"] == 40
    assert found[0]["row_count"] == 2_000
    assert found[0]["reason"] == "no_information"


def test_too_few_of_either_outcome_judge_nothing(shop):
    features, _ = shop
    label = np.zeros(ROW_COUNT)
    label[:49] = 1
    found = choose(features, label)
    assert {row["reason"] for row in found.values()} == {"not_judged"}
    assert all(row["is_selected"] for row in found.values())
    label[:50] = 1
    assert {row["reason"] for row in choose(features, label).values()} != {"not_judged"}


def test_each_fold_and_target_is_judged_by_its_own_labels(shop):
    features, label = shop
    other_label = (features["other"] > 0) * 1.0
    flipped = np.random.default_rng(13).permutation(label)
    rows = pa.concat_tables(table_of(features, fold=f) for f in ("final", "origin_1"))
    labels = pa.concat_tables(
        [
            labels_of(label),
            labels_of(flipped, fold="origin_1"),
            # Half of the customers are asked for churn.
            labels_of(other_label, target="churn").slice(0, ROW_COUNT // 2),
        ]
    )
    found = select_features(
        rows,
        labels,
        feature_columns=list(features),
        kinds={"purchase": "binary", "churn": "binary"},
    ).to_pylist()
    verdicts = {
        (row["fold"], row["target"], row["feature"]): row["reason"] for row in found
    }
    assert len(verdicts) == len(found) == 2 * 2 * len(features)
    assert verdicts["final", "purchase", "signal"] == "selected"
    assert verdicts["origin_1", "purchase", "signal"] == "no_information"
    assert verdicts["final", "churn", "other"] == "suspected_leak"
    assert verdicts["origin_1", "churn", "other"] == "not_judged"
    counts = {(row["fold"], row["target"]): row["row_count"] for row in found}
    assert counts["final", "churn"] == ROW_COUNT // 2
    assert counts["origin_1", "churn"] == 0


def test_the_order_of_rows_and_columns_decides_nothing(shop):
    features, label = shop
    rows, labels = table_of(features), labels_of(label)
    shuffled = np.random.default_rng(14).permutation(ROW_COUNT)
    settings = {"kinds": {"purchase": "binary"}}
    expected = select_features(rows, labels, feature_columns=list(features), **settings)
    found = select_features(
        rows.take(pa.array(shuffled)),
        labels.take(pa.array(shuffled[::-1])),
        feature_columns=list(features)[::-1],
        **settings,
    )
    assert found.equals(expected)


def test_equal_features_leave_the_first_by_name(shop):
    features, label = shop
    twins = {"z_twin": features["signal"], "b_twin": features["signal"]}
    found = choose(twins, label)
    assert found["b_twin"]["reason"] == "selected"
    assert found["z_twin"]["related_feature"] == "b_twin"


def test_no_rows_give_no_rows(shop):
    features, _ = shop
    rows = table_of(features).slice(0, 0)
    found = select_features(
        rows,
        labels_of([]),
        feature_columns=list(features),
        kinds={"purchase": "binary"},
    )
    assert found.schema == FEATURE_SELECTION_SCHEMA
    assert found.num_rows == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": {"purchase": "count"}}, "kinds must be"),
        ({"feature_columns": []}, "feature_columns must not be empty"),
        ({"max_separation": 0.4}, "max_separation must be from 0.5"),
        ({"max_correlation": 2}, "max_correlation must be from 0"),
        ({"min_positives": 0}, "min_positives must be at least 1"),
    ],
)
def test_a_wrong_parameter_is_named(shop, change, message):
    features, label = shop
    settings = {"feature_columns": list(features), "kinds": {"purchase": "binary"}}
    with pytest.raises(ValueError, match=message):
        select_features(table_of(features), labels_of(label), **settings | change)


def test_a_label_that_is_not_known_yet_is_refused(shop):
    features, label = shop
    label = [None, *label[1:]]
    rows = labels_of(np.zeros(ROW_COUNT)).set_column(3, "label", pa.array(label))
    with pytest.raises(ValueError, match="label must not be null"):
        select_features(
            table_of(features),
            rows,
            feature_columns=list(features),
            kinds={"purchase": "binary"},
        )


def test_a_label_without_its_features_is_refused(shop):
    features, label = shop
    with pytest.raises(ValueError, match="1 labels have no row"):
        select_features(
            table_of(features).slice(1),
            labels_of(label),
            feature_columns=list(features),
            kinds={"purchase": "binary"},
        )
