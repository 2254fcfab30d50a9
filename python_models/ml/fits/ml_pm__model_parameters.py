"""Each algorithm, fitted for each target on the past days of each fold."""

from precision_marketing.frames import rows_where
from precision_marketing.predictive.fitting import FitOptions, fit_folds


def model(dbt, session):
    rows = dbt.ref("ml_pm__fold_rows").filter("split = 'train'")
    return fit_folds(
        dbt.ref("ml_pm__fits").to_arrow_table(),
        lambda fit: rows_where(rows, fit),
        dbt.ref("ml_pm__feature_selection").to_arrow_table(),
        FitOptions(
            algorithms=tuple(dbt.config.get("algorithms")),
            min_positives=dbt.config.get("min_positives"),
            min_negatives=dbt.config.get("min_negatives"),
            horizon_days=dbt.config.get("horizon_days"),
            gap_days=dbt.config.get("gap_days"),
            random_state=dbt.config.get("random_state"),
        ),
    )
