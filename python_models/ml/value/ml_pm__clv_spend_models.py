"""Whether customers buy and how much buyers spend, as rows of two regressions."""

from precision_marketing.spend import fit_spend_model, spend_features


def model(dbt, session):
    snapshots = dbt.ref("int_pm__clv_spend_sample").to_arrow_table()
    return fit_spend_model(
        snapshots,
        feature_columns=spend_features(snapshots),
        max_rows=dbt.config.get("max_rows"),
        min_positives=dbt.config.get("min_positives"),
        min_negatives=dbt.config.get("min_negatives"),
        random_state=dbt.config.get("random_state"),
    )
