"""A plain rule for each segment, from a shallow tree that imitates them."""

from precision_marketing.segment_rules import explain_segments


def model(dbt, session):
    measures = dbt.ref("ml_pm__segment_rule_sample").to_arrow_table()
    keys = ("customer_id", "fitted_segment_id")
    return explain_segments(
        measures,
        key="customer_id",
        label="fitted_segment_id",
        measure_columns=[c for c in measures.column_names if c not in keys],
        random_state=dbt.config.get("random_state"),
    )
