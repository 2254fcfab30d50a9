{#
For each contract column of an input the SQL expression that gives it, none where the
input lacks an optional column.

    {{ pm_input_expressions('order_lines', pm_input_columns('order_lines')) }}
    -> {'order_id': '"InvoiceNo"', 'item_name': none, ...}

A mapped name that is a column of the input is that column; any other mapped text is an
SQL expression. A contract column that is not mapped is taken from the input's column
of the same name.
#}
{% macro pm_input_expressions(name, found) %}
    {% set mapped = pm_input(name).columns %}
    {% set expressions = {} %}
    {% for column in pm_input_contract()[name]['columns'] %}
        {% set wanted = mapped.get(column, column) | string %}
        {% set match = _pm_find_column(found, wanted) %}
        {% if match %}
            {% do expressions.update({column: 'raw_input.' ~ adapter.quote(match.name)}) %}
        {% elif column in mapped %}
            {% do expressions.update({column: '(' ~ wanted ~ ')'}) %}
        {% else %}
            {% do expressions.update({column: none}) %}
        {% endif %}
    {% endfor %}
    {% do return(expressions) %}
{% endmacro %}
