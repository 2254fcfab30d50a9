"""What the algorithms in use rest on, seen on the newest day they were judged on."""

from precision_marketing.frames import rows_where
from precision_marketing.predictive.explaining import explain_models
from precision_marketing.predictive.predicting import models_of


def model(dbt, session):
    rows = dbt.ref("ml_pm__fold_rows").filter("split = 'test'")
    parameters = dbt.ref("ml_pm__model_parameters")
    explained = dbt.ref("ml_pm__models_to_explain").order("target").fetchall()
    return explain_models(
        (
            (explainable, rows_where(rows, {"target": target, "fold": fold}))
            for target, fold, version in explained
            for explainable in models_of(
                rows_where(parameters, {"model_version": version})
            )
        ),
        repeats=5,
        max_rows=1_000,
        feature_count=5,
        random_state=dbt.config.get("random_state"),
    )
