{#
The `when` branches that reject a row for a column it cannot do without.

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
{% endmacro %}
