"""Logistic regression for "buys within the horizon", as rows of parameters."""

from precision_marketing.propensity import fit_purchase_model, purchase_features


def model(dbt, session):
    customers = dbt.ref("int_pm__purchase_snapshots").limit(1)
    snapshots = dbt.ref("int_pm__purchase_sample").to_arrow_table()
    return fit_purchase_model(
        snapshots,
        feature_columns=purchase_features(snapshots),
        max_rows=dbt.config.get("max_rows"),
        min_positives=dbt.config.get("min_positives"),
        min_negatives=dbt.config.get("min_negatives"),
        horizon_days=dbt.config.get("horizon_days"),
        is_fitted_without_rows=customers.shape[0] > 0,
        random_state=dbt.config.get("random_state"),
    )
