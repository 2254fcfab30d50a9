"""BG/NBD, MBG/NBD and Gamma-Gamma, as rows of parameters with their standard errors."""

from precision_marketing.lifetime_value import fit_lifetime_models


def model(dbt, session):
    return fit_lifetime_models(
        dbt.ref("int_pm__clv_order_groups").to_arrow_table(),
        dbt.ref("int_pm__clv_value_groups").to_arrow_table(),
        time_unit=dbt.config.get("time_unit"),
        min_customers=dbt.config.get("min_customers"),
        min_repeat_customers=dbt.config.get("min_repeat_customers"),
    )
