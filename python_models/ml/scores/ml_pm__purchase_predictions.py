"""Probabilities of the sampled snapshots, as scikit-learn computes them.

Held against the SQL scorer by the test purchase_scores_equal_python.
"""

from precision_marketing.propensity import predict_purchase, purchase_features


def model(dbt, session):
    snapshots = dbt.ref("int_pm__purchase_sample").to_arrow_table()
    return predict_purchase(
        snapshots,
        dbt.ref("ml_pm__purchase_models").to_arrow_table(),
        feature_columns=purchase_features(snapshots),
    )
