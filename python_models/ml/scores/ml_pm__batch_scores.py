"""Scores of champions that have no faithful form in SQL, a bounded batch at a time."""

from precision_marketing.predictive.explaining import scored_batches


def model(dbt, session):
    return scored_batches(
        dbt.ref("ml_pm__keys_to_score").filter("scored_by = 'batch'"),
        dbt.ref("int_pm__feature_matrix"),
        dbt.ref("ml_pm__model_parameters").filter("fold = 'final'"),
    )
