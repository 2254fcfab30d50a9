{#
Whether an input gives an optional column; false while the project is only parsed.

    {{ pm_has_column('order_lines', 'order_line_id') }}  ->  False
#}
{% macro pm_has_column(name, column) %}
    {% if not execute or pm_input(name).kind == 'none' %}
        {% do return(false) %}
    {% endif %}
    {% set expressions = pm_input_expressions(name, pm_checked_input_columns(name)) %}
    {% do return(expressions[column] is not none) %}
{% endmacro %}
