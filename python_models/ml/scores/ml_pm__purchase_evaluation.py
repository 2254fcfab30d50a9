"""The model and its baseline, judged on the snapshot that neither was fitted on."""

from precision_marketing.evaluation import evaluate_binary


def model(dbt, session):
    scores = dbt.ref("ml_pm__purchase_scores").filter(
        "split = 'test' and probability is not null"
    )
    return evaluate_binary(
        scores.to_arrow_table(),
        group_columns=("target", "model_version", "as_of_date"),
        key_columns=("as_of_date", "customer_id"),
        min_positives=dbt.config.get("min_positives"),
        random_state=dbt.config.get("random_state"),
    )
