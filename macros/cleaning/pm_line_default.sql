{#
What stands in for a missing quantity or unit price of a line: an expression over
`line_defaults`, a constant, or null when such lines are dropped.

    {{ pm_line_default('unit_price') }}  ->  cast(null as decimal(18,4))
#}
{% macro pm_line_default(column) %}
    {% set strategy = pm_missing_value_strategy('order_lines', column) %}
    {% set type = pm_input_contract()['order_lines']['columns'][column]['type'] %}
    {% if strategy.method == 'drop' %}
        {% do return('cast(null as ' ~ type ~ ')') %}
    {% elif strategy.method == 'constant' %}
        {% do return('cast(' ~ strategy.value ~ ' as ' ~ type ~ ')') %}
    {% endif %}
    {% do return('line_defaults.' ~ column) %}
{% endmacro %}


{# Whether any default is computed from the data, so that the table is worth a join. #}
{% macro pm_has_line_defaults() %}
    {% set methods = [
        pm_missing_value_strategy('order_lines', 'quantity').method,
        pm_missing_value_strategy('order_lines', 'unit_price').method,
    ] %}
    {% do return(methods | reject('in', ['drop', 'constant']) | list | length > 0) %}
{% endmacro %}


{# The column of stg_pm__line_defaults's steps that the strategy asks for. #}
{% macro pm_pick_default(column) %}
    {% set method = pm_missing_value_strategy('order_lines', column).method %}
    {% if method == 'most_frequent' %}
        {% do return(
            ('most_frequent_quantities.' if column == 'quantity' else 'most_frequent_unit_prices.') ~ column
        ) %}
    {% elif method in ['mean', 'median'] %}
        {% do return('items_averaged.' ~ method ~ '_' ~ column) %}
    {% endif %}
    {% do return('null') %}
{% endmacro %}
