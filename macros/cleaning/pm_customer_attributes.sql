{#
The attributes of a customer that can be filled when missing, and their kind.

    {{ pm_customer_attributes() }}  ->  {'gender': 'text', ..., 'birth_date': 'date'}
#}
{% macro pm_customer_attributes() %}
    {% do return({
        'gender': 'text', 'region': 'text', 'language': 'text', 'income': 'number',
        'birth_date': 'date',
    }) %}
{% endmacro %}


{#
What stands in for a missing attribute that no model estimates, by its strategy in
pm_missing_values; an expression over `plain_values`, numbers and dates as doubles.
#}
{% macro pm_attribute_fill(column) %}
    {% set kind = pm_customer_attributes()[column] %}
    {% set type = 'string' if kind == 'text' else 'double' %}
    {% set strategy = pm_missing_value_strategy('customers', column) %}
    {% if strategy.method in ['mean', 'median', 'most_frequent'] %}
        {% do return('plain_values.' ~ strategy.method ~ '_' ~ column) %}
    {% elif strategy.method == 'constant' and kind == 'date' %}
        {% do return('cast(' ~ _pm_day_number(pm_date_literal(strategy.value)) ~ ' as double)') %}
    {% elif strategy.method == 'constant' %}
        {% do return("cast('" ~ strategy.value | string | replace("'", "''") ~ "' as " ~ type ~ ')') %}
    {% endif %}
    {% do return('cast(null as ' ~ type ~ ')') %}
{% endmacro %}


{# Dates are averaged as days since 1970, and made dates again afterwards. #}
{% macro _pm_day_number(expression) %}
    {% do return(pm_calendar_days_between(pm_date_literal('1970-01-01'), expression)) %}
{% endmacro %}
