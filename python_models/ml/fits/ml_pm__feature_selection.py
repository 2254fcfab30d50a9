"""The features of each target in each fold, chosen on training days, with reasons."""

from precision_marketing.feature_selection import feature_names, select_features


def model(dbt, session):
    rows = dbt.ref("int_pm__selection_rows").to_arrow_table()
    targets = dbt.ref("int_pm__targets").to_arrow_table()
    return select_features(
        rows,
        dbt.ref("int_pm__selection_labels").to_arrow_table(),
        feature_columns=feature_names(rows),
        kinds=dict(
            zip(targets["target"].to_pylist(), targets["kind"].to_pylist(), strict=True)
        ),
        min_positives=dbt.config.get("min_positives"),
        min_negatives=dbt.config.get("min_negatives"),
        max_separation=dbt.config.get("max_separation"),
    )
