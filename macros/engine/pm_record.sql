{# All columns of `alias` as one struct. #}
{% macro pm_record(alias) %}
    {{ return(adapter.dispatch('pm_record', 'precision_marketing')(alias)) }}
{% endmacro %}

{% macro default__pm_record(alias) %}{{ alias }}{% endmacro %}

{% macro spark__pm_record(alias) %}struct({{ alias }}.*){% endmacro %}
