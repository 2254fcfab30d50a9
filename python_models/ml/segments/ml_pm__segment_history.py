"""The models that have been in use, and the number of each of their segments.

Kept from build to build: a segment that holds the same customers keeps its number.
"""

from precision_marketing.segment_history import continue_history


def model(dbt, session):
    features = dbt.ref("int_pm__segment_sample").to_arrow_table()
    history = (
        session.sql(f"select * from {dbt.this}").to_arrow_table()
        if dbt.is_incremental
        else None
    )
    return continue_history(
        features,
        dbt.ref("ml_pm__segment_models").to_arrow_table(),
        dbt.ref("ml_pm__segment_levels").to_arrow_table(),
        history,
        key="customer_id",
        feature_columns=[c for c in features.column_names if c != "customer_id"],
    )
