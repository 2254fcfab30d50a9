{#
A JSON object from a dict of key -> SQL expression, as text; null for no keys.

    {{ pm_json_object({'zip': 'raw_input.zip'}) }}
    -> cast(json_object('zip', raw_input.zip) as string)
#}
{% macro pm_json_object(fields) %}
    {% if not fields %}
        {% do return('cast(null as string)') %}
    {% endif %}
    {{ return(adapter.dispatch('pm_json_object', 'precision_marketing')(fields)) }}
{% endmacro %}


{% macro default__pm_json_object(fields) %}
    {% set parts = [] %}
    {% for key, expression in fields.items() %}
        {% do parts.append("'" ~ key | replace("'", "''") ~ "', " ~ expression) %}
    {% endfor %}
    {% do return('cast(json_object(' ~ parts | join(', ') ~ ') as string)') %}
{% endmacro %}


{% macro spark__pm_json_object(fields) %}
    {% set parts = [] %}
    {% for key, expression in fields.items() %}
        {% do parts.append("'" ~ key | replace("'", "''") ~ "', " ~ expression) %}
    {% endfor %}
    {% do return('to_json(named_struct(' ~ parts | join(', ') ~ '))') %}
{% endmacro %}
