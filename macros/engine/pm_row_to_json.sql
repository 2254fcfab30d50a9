{# The row of `record`, a struct of all its columns, as JSON text. #}
{% macro pm_row_to_json(record) %}
    {{ return(adapter.dispatch('pm_row_to_json', 'precision_marketing')(record)) }}
{% endmacro %}

{% macro default__pm_row_to_json(record) %}cast(to_json({{ record }}) as string){% endmacro %}

{% macro spark__pm_row_to_json(record) %}to_json({{ record }}){% endmacro %}
