{#
The optional columns of a row whose value does not fit its type, as text with commas
between; null for none.

    {{ pm_invalid_columns('customers') }}
    -> nullif(concat_ws(',', case when is_invalid_birth_date then 'birth_date' end, ...), '')
#}
{% macro pm_invalid_columns(name) %}
    {% set contract = pm_input_contract()[name] %}
    {% set parts = [] %}
    {% for column, rule in contract['columns'].items() %}
        {% if column not in contract.needs and rule.type != 'string' %}
            {% do parts.append('case when is_invalid_' ~ column ~ " then '" ~ column ~ "' end") %}
        {% endif %}
    {% endfor %}
    {% if not parts %}
        {% do return('cast(null as string)') %}
    {% endif %}
    {% do return("nullif(concat_ws(\n',',\n" ~ parts | join(',\n') ~ "\n), '')") %}
{% endmacro %}
