"""Purchase rate by days since the last order: the rule that a model has to beat."""

from precision_marketing.propensity import recency_baseline


def model(dbt, session):
    return recency_baseline(dbt.ref("int_pm__purchase_sample").to_arrow_table())
