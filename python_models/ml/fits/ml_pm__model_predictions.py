"""What the models of each origin said of the day they were not fitted on."""

from precision_marketing.frames import rows_where
from precision_marketing.predictive.predicting import predict_folds


def model(dbt, session):
    rows = dbt.ref("ml_pm__fold_rows").filter("split = 'test'")
    parameters = dbt.ref("ml_pm__model_parameters")
    judged = dbt.ref("ml_pm__fold_keys").filter("split = 'test'")
    return predict_folds(
        judged.select("target", "kind", "fold").distinct().to_arrow_table(),
        lambda fit: rows_where(rows, fit),
        lambda fit: rows_where(parameters, fit),
    )
