"""Forecasts of value and of orders, judged on the days held back, beside a baseline."""

from precision_marketing.amounts import evaluate_forecasts


def model(dbt, session):
    return evaluate_forecasts(
        dbt.ref("ml_pm__clv_judged").to_arrow_table(),
        group_columns=("model", "model_version", "as_of_date", "holdout_days"),
        min_positives=dbt.config.get("min_positives"),
        random_state=dbt.config.get("random_state"),
    )
