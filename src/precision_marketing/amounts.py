"""How good are forecasts of money and of orders, customer by customer, and in sum."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from precision_marketing.frames import (
    at_least,
    hash_order,
    one_thread,
    require_columns,
    sorted_by,
    to_matrix,
)
from precision_marketing.judging import (
    BOOTSTRAP_ROWS,
    INSUFFICIENT_DATA,
    bootstrap_bounds,
    grade_gain,
    judge_groups,
    metric_rows,
)

TOP_SHARE = 0.20
VALUE_MAE, MAE_REDUCTION = "value_mae", "mae_reduction"
METRICS = (
    VALUE_MAE,
    MAE_REDUCTION,
    "value_total_ratio",
    "top_20_capture",
    "top_20_revenue_share",
    "order_mae",
    "order_total_ratio",
    "interval_coverage",
)
# Optional columns: a model may forecast money alone, and give no interval.
COLUMNS = (
    "outcome_value",
    "predicted_value",
    "baseline_value",
    "outcome_order_days",
    "predicted_orders",
    "baseline_orders",
    "lower_value",
    "upper_value",
)


@one_thread()
def evaluate_forecasts(
    predictions: pa.Table,
    *,
    customer: str = "customer_id",
    group_columns: Sequence[str] = (),
    n_bootstrap: int = 200,
    min_positives: int = 1,
    random_state: int = 0,
) -> pa.Table:
    """Judge forecasts of what each customer will order and spend.

    Parameters
    ----------
    predictions : pyarrow.Table
        One row per `group_columns` and customer, in any order, with the columns
        `COLUMNS`: what came, what was forecast and what the baseline said, in money
        and in orders, and the bounds of an 80 % interval. predicted_orders and the
        bounds may be null throughout a group.
    customer : str
        Column that names the customer.
    group_columns : sequence of str
        Evaluate each combination by itself.
    n_bootstrap : int
        Draws of customers behind lower and upper; 0 for none.
    min_positives : int
        Customers with money above 0 below which there is no grade.
    random_state : int
        Seed of the draws.

    Returns
    -------
    pyarrow.Table
        `group_columns` and `EVALUATION_SCHEMA`: one row per group and metric, sorted
        by group, metrics in a fixed order, with a 95 % interval. A metric that is not
        defined is null. grade is the same in each row of a group. 0 rows in, 0 out.

    Raises
    ------
    ValueError
        When a column is missing, a key repeats, or a number of money is not finite.

    Notes
    -----
    value_mae, order_mae: mean absolute error. mae_reduction: 1 - value_mae / that of
    the baseline. value_total_ratio, order_total_ratio: sum of the forecasts over the
    sum of what came; 1 is right.

    top_20_capture: of the fifth of customers who brought most (and anything), the
    share that is in the fifth with the highest forecasts. top_20_revenue_share: the
    share of all money that these brought. Equal numbers that straddle a cut count by
    share.

    interval_coverage: share of customers whose money lies within the bounds.

    Grade A: even the lower end of mae_reduction is 10 % or more; B: it is 0 or more;
    C: below. 'insufficient_data' with fewer than `min_positives` buyers.

    Intervals are percentile bootstraps over customers; beyond `BOOTSTRAP_ROWS` a hash
    sample is drawn from and its spread shrunk, as in `evaluate_binary`.
    """
    group_columns = list(group_columns)
    at_least("n_bootstrap", n_bootstrap, 0, "use 200 for a 95 % interval")
    keys = [*group_columns, customer]
    require_columns(predictions, [*keys, *COLUMNS], name="predictions")
    ordered = sorted_by(predictions.select([*keys, *COLUMNS]), keys, name="predictions")
    to_matrix(ordered, COLUMNS[:3], name="predictions")

    def judge(group: pa.Table) -> tuple[list[tuple], str]:
        return _evaluate(
            group,
            customer=customer,
            n_bootstrap=n_bootstrap,
            min_positives=min_positives,
            random_state=random_state,
        )

    return judge_groups(ordered, group_columns, judge)


def _evaluate(
    group: pa.Table,
    *,
    customer: str,
    n_bootstrap: int,
    min_positives: int,
    random_state: int,
) -> tuple[list[tuple], str]:
    """Rows (metric, value, lower, upper, baseline_value) and the grade of one group."""
    matrix = to_matrix(group, COLUMNS, name="predictions", allow_missing=True)
    judged = _Judged(matrix)
    full = judged.metrics(np.ones(len(matrix)))
    drawn_from = hash_order(group, [customer])[:BOOTSTRAP_ROWS]
    bounds = bootstrap_bounds(
        full,
        _Judged(matrix[drawn_from]).metrics,
        len(drawn_from),
        n_bootstrap=n_bootstrap,
        random_state=random_state,
        share=len(drawn_from) / len(matrix),
    )
    rows = metric_rows(full, bounds, judged.baseline_metrics())
    if np.count_nonzero(judged.outcome > 0) < min_positives:
        return rows, INSUFFICIENT_DATA
    return rows, grade_gain(full[MAE_REDUCTION], bounds.get(MAE_REDUCTION))


class _Judged:
    """Forecasts sorted once, to be measured under many row weights."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.outcome, self.predicted, self.baseline = matrix[:, :3].T
        self.orders, self.predicted_orders, self.baseline_orders = matrix[:, 3:6].T
        self.lower, self.upper = matrix[:, 6:].T
        self.by_outcome = _Ranks(self.outcome)
        self.by_predicted = _Ranks(self.predicted)

    def baseline_metrics(self) -> dict[str, float]:
        """What the baseline itself scores; NaN for what it does not forecast."""
        matrix = np.column_stack(
            [
                self.outcome,
                self.baseline,
                self.baseline,
                self.orders,
                self.baseline_orders,
                self.baseline_orders,
                np.full((len(self.outcome), 2), np.nan),
            ]
        )
        return _Judged(matrix).metrics(np.ones(len(self.outcome)))

    def metrics(self, weights: np.ndarray) -> dict[str, float]:
        """Every metric of `METRICS`; NaN where it is not defined."""
        rows = weights.sum()
        error = weights @ np.abs(self.predicted - self.outcome)
        baseline_error = weights @ np.abs(self.baseline - self.outcome)
        money = weights @ self.outcome
        is_top = self.by_outcome.top(weights) * (self.outcome > 0)
        is_named = self.by_predicted.top(weights)
        order_error = weights @ np.abs(self.predicted_orders - self.orders)
        inside = (self.lower <= self.outcome) & (self.outcome <= self.upper)
        has_interval = np.isfinite(self.lower).all()
        return {
            VALUE_MAE: _ratio(error, rows),
            MAE_REDUCTION: 1 - _ratio(error, baseline_error),
            "value_total_ratio": _ratio(weights @ self.predicted, money),
            "top_20_capture": _ratio(weights @ (is_top * is_named), weights @ is_top),
            "top_20_revenue_share": _ratio(weights @ (self.outcome * is_named), money),
            "order_mae": _ratio(order_error, rows),
            "order_total_ratio": _ratio(
                weights @ self.predicted_orders, weights @ self.orders
            ),
            "interval_coverage": (
                _ratio(weights @ inside, rows) if has_interval else np.nan
            ),
        }


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else np.nan


class _Ranks:
    """An order of rows, highest first, with its runs of equal values."""

    def __init__(self, values: np.ndarray) -> None:
        self.order = np.argsort(-values, kind="stable")
        ordered = values[self.order]
        self.starts = np.flatnonzero(
            np.concatenate([[True], ordered[1:] != ordered[:-1]])
        )

    def top(self, weights: np.ndarray) -> np.ndarray:
        """Share of each row that is in the top fifth of all weight."""
        sizes = np.add.reduceat(weights[self.order], self.starts)
        room = TOP_SHARE * weights.sum() - (sizes.cumsum() - sizes)
        shares = np.clip(
            np.divide(room, sizes, out=np.zeros_like(room), where=sizes > 0), 0, 1
        )
        lengths = np.diff(np.append(self.starts, len(self.order)))
        top = np.empty(len(self.order))
        top[self.order] = np.repeat(shares, lengths)
        return top
