{#
A query that adds the ends of the 80 % interval of what a customer will bring, in expected
orders: lower_in_orders and upper_in_orders.

    values_bounded as (
        {{ pm_with_value_bounds('orders_expected', 'value_quantiles') }}
    ),

`relation` has model, repeat_count, age_days, horizon_days, lower_percent and
upper_percent, `quantiles` is like ml_pm__clv_value_quantiles. Percents up to which nothing
comes have no quantile: that end is 0.
#}
{% macro pm_with_value_bounds(relation, quantiles) %}
    select
        customers.*
        {%- for side in ['lower', 'upper'] -%}
            ,
            coalesce({{ side }}_quantiles.value_in_orders, 0) as {{ side }}_in_orders
        {%- endfor %}
    from {{ relation }} as customers
    {% for side in ['lower', 'upper'] %}
        left join {{ quantiles }} as {{ side }}_quantiles
            on
                customers.model = {{ side }}_quantiles.model
                and customers.repeat_count = {{ side }}_quantiles.repeat_count
                and customers.age_days = {{ side }}_quantiles.age_days
                and customers.horizon_days = {{ side }}_quantiles.horizon_days
                and customers.{{ side }}_percent = {{ side }}_quantiles.percent
    {% endfor %}
{% endmacro %}
