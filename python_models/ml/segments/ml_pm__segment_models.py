"""Every candidate for the customer segments, as rows of parameters and metrics."""

from precision_marketing.segments import fit_segment_models


def model(dbt, session):
    features = dbt.ref("int_pm__segment_sample").to_arrow_table()
    columns = [c for c in features.column_names if c != "customer_id"]
    return fit_segment_models(
        features,
        key="customer_id",
        feature_columns=columns,
        algorithms=dbt.config.get("algorithms"),
        min_k=dbt.config.get("min_k"),
        max_k=dbt.config.get("max_k"),
        sample_rows=dbt.config.get("sample_rows"),
        scaling=dbt.config.get("scaling"),
        random_state=dbt.config.get("random_state"),
        order_by="log_order_value" if "log_order_value" in columns else None,
    )
