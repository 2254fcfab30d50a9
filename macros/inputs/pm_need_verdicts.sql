{#
The `when` branches that reject a row for a column it cannot do without, by its nature
or because `pm_missing_values` says drop.

    case {{ pm_need_verdicts('erasures') }} end
    -> case when customer_id is null then 'missing_customer_id' ... end
#}
{% macro pm_need_verdicts(name) %}
    {% set contract = pm_input_contract()[name] %}
    {% for column in contract.needs %}
        {% if contract['columns'][column]['type'] != 'string' %}
            when {{ column }} is null and is_invalid_{{ column }} then 'invalid_{{ column }}'
        {% endif %}
        when {{ column }} is null then 'missing_{{ column }}'
    {% endfor %}
    {% for column in contract['columns'] if column not in contract.needs %}
        {% if pm_missing_value_strategy(name, column).method == 'drop' %}
            when {{ column }} is null then 'missing_{{ column }}'
        {% endif %}
    {% endfor %}
{% endmacro %}
