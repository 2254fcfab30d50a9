"""What customers will spend: whether they buy, times how much those spend who do."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.linear_model import GammaRegressor

from precision_marketing import __version__
from precision_marketing.frames import (
    conform,
    content_hash,
    hash_order,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.propensity import (
    ALGORITHM,
    PURCHASE_MODEL_SCHEMA,
    fit_purchase_model,
    purchase_features,
)

TARGET = "spend"
SPEND = "spend"
MODEL = "two_stage"
# On the mean deviance, coefficients per scale. As weak as it can be while features that
# say nearly the same still share their part; 0.1 and 0.001 move the sums by under 1 %.
PENALTY = 0.01
TOLERANCE = 1e-8
MAX_ITERATIONS = 1_000


def spend_features(snapshots: pa.Table, *, spend: str = SPEND) -> list[str]:
    """Names of a snapshot table's features: all that is neither key nor outcome.

    Parameters
    ----------
    snapshots : pyarrow.Table
    spend : str
        The outcome that a purchase model does not know.

    Returns
    -------
    list of str
        In the table's order.
    """
    return [name for name in purchase_features(snapshots) if name != spend]


@one_thread()
def fit_spend_model(
    snapshots: pa.Table,
    *,
    feature_columns: Sequence[str],
    key_columns: Sequence[str] = ("as_of_date", "customer_id"),
    label: str = "label",
    spend: str = SPEND,
    max_rows: int = 100_000,
    random_state: int = 0,
    min_positives: int = 100,
    min_negatives: int = 100,
    code_version: str = __version__,
) -> pa.Table:
    """Fit a logistic regression of buying and a gamma regression of spending.

    Parameters
    ----------
    snapshots : pyarrow.Table
        One row per `key_columns`, in any order; `split` is 'train' or 'test', and test
        rows are counted only.
    feature_columns, key_columns : sequence of str
        As for `fit_purchase_model`.
    label : str
        Column with 0/1: whether anything was spent in the horizon.
    spend : str
        Column with how much; above 0 where label is 1.
    max_rows, random_state, min_positives, min_negatives, code_version
        As for `fit_purchase_model`; without enough of either class nothing is learned
        of amounts.

    Returns
    -------
    pyarrow.Table
        `PURCHASE_MODEL_SCHEMA` with target 'spend': the rows of `fit_purchase_model`
        and, when there is enough data, components 'spend_coefficient' (logarithm of
        money per scale, on the same means and scales) and 'spend_intercept'. 0 rows
        in, 0 rows out.

    Raises
    ------
    ValueError
        As for `fit_purchase_model`, and when the spend of a buyer is not above 0.

    Notes
    -----
    spend = P(buys) * exp(intercept + sum coefficient * (x - mean) / scale).

    A gamma regression with a logarithmic link weighs relative errors alike, so a few
    giant baskets do not decide the coefficients; its intercept is then moved until
    predicted and actual spend of the training buyers have one sum.
    """
    key_columns, feature_columns = list(key_columns), list(feature_columns)
    require_columns(snapshots, [spend, label, "split"], name="snapshots")
    purchase = fit_purchase_model(
        snapshots,
        key_columns=key_columns,
        feature_columns=feature_columns,
        label=label,
        max_rows=max_rows,
        random_state=random_state,
        min_positives=min_positives,
        min_negatives=min_negatives,
        code_version=code_version,
        target=TARGET,
    )
    rows = purchase.to_pylist()
    if not rows or rows[0]["algorithm"] != ALGORITHM:
        return purchase

    train = sorted_by(
        snapshots.filter(pc.field("split") == "train"), key_columns, name="snapshots"
    )
    train = train.take(pa.array(hash_order(train, key_columns)[:max_rows]))
    buyers = train.filter(pc.equal(train[label].cast(pa.int64()), 1))
    amounts = to_matrix(buyers, [spend], name="snapshots (buyers)")[:, 0]
    if (amounts <= 0).any():
        raise ValueError(
            f"{spend} must be above 0 where {label} is 1, got "
            f"{int((amounts <= 0).sum())} other rows; a buyer is who brought money"
        )
    learned = {(row["component"], row["feature"]): row["value"] for row in rows}
    mean = np.array([learned["mean", feature] for feature in feature_columns])
    scale = np.array([learned["scale", feature] for feature in feature_columns])
    scaled = (to_matrix(buyers, feature_columns, name="snapshots") - mean) / scale
    # In multiples of the mean: the solver's tolerance then means the same in any money.
    unit = float(amounts.mean())
    model = GammaRegressor(
        alpha=PENALTY, solver="newton-cholesky", tol=TOLERANCE, max_iter=MAX_ITERATIONS
    ).fit(scaled, amounts / unit)
    level = np.log(amounts.sum() / model.predict(scaled).sum())
    amount_rows = [
        ("spend_coefficient", feature, float(value))
        for feature, value in zip(feature_columns, model.coef_, strict=True)
    ]
    amount_rows.append(
        ("spend_intercept", "intercept", float(model.intercept_ + level))
    )

    version = content_hash(
        {
            "purchase": rows[0]["model_version"],
            "spend": [[part, feature, value] for part, feature, value in amount_rows],
            "amounts": amounts,
        }
    )
    long_rows = sorted(
        (version, TARGET, MODEL, *row)
        for row in (
            *((r["component"], r["feature"], r["value"]) for r in rows),
            *amount_rows,
        )
    )
    columns = map(list, zip(*long_rows, strict=True))
    return conform(
        dict(zip(PURCHASE_MODEL_SCHEMA.names, columns, strict=True)),
        PURCHASE_MODEL_SCHEMA,
        name="spend model",
    )
