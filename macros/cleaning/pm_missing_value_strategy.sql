{#
How missing values of a column are filled: {'method': ..., 'value': ...}.

    {{ pm_missing_value_strategy('order_lines', 'unit_price') }}  ->  {'method': 'drop', 'value': none}

`pm_missing_values` maps `input.column` to drop, keep, mean, median, most_frequent,
model or `constant: <value>`. What it does not name is dropped where a row means
nothing without it, and kept as missing elsewhere.
#}
{% macro pm_missing_value_strategy(name, column) %}
    {% set needed = column in pm_input_contract()[name].needs %}
    {% set setting = (var('pm_missing_values') or {}).get(name ~ '.' ~ column) %}
    {% if setting is mapping %}
        {% do return({'method': 'constant', 'value': setting.constant}) %}
    {% endif %}
    {% do return({'method': setting or ('drop' if needed else 'keep'), 'value': none}) %}
{% endmacro %}
