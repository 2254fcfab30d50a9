"""How far each metric may be off by chance, and the two that take an iteration."""

from precision_marketing.evaluation import evaluate_folds
from precision_marketing.frames import rows_where


def model(dbt, session):
    predictions = dbt.ref("ml_pm__judged_predictions")
    judged = dbt.ref("ml_pm__fold_keys").filter("split = 'test'")
    return evaluate_folds(
        judged.select("target", "kind", "fold").distinct().to_arrow_table(),
        lambda fit: rows_where(predictions, fit),
        n_bootstrap=dbt.config.get("draws"),
        min_positives=dbt.config.get("min_positives"),
        random_state=dbt.config.get("random_state"),
    )
