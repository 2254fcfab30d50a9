"""The champion's segments of the sampled customers, as numpy assigns them.

Held against the SQL scorer by the test segment_distances_equal_python.
"""

from precision_marketing.segments import assign_segments


def model(dbt, session):
    features = dbt.ref("int_pm__segment_sample").to_arrow_table()
    champion = dbt.ref("ml_pm__segment_champion").to_arrow_table()
    return assign_segments(
        features,
        dbt.ref("ml_pm__segment_models").to_arrow_table(),
        key="customer_id",
        feature_columns=[c for c in features.column_names if c != "customer_id"],
        model_version=next(iter(champion["model_version"].to_pylist()), None),
    )
