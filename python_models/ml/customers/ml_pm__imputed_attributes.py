"""Missing customer attributes estimated from the others, where a var asks for it."""

from precision_marketing.imputation import impute_attributes, modelled_attributes


def model(dbt, session):
    customers = dbt.ref("int_pm__customer_attributes_observed").to_arrow_table()
    return impute_attributes(
        customers,
        key="customer_id",
        targets=modelled_attributes(dbt.config.get("missing_values")),
        predictors=[c for c in customers.column_names if c != "customer_id"],
        random_state=dbt.config.get("random_state"),
    )
