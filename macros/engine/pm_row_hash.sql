{# A 64-bit hash over every column of the row of `alias`. #}
{% macro pm_row_hash(alias) %}
    {{ return(adapter.dispatch('pm_row_hash', 'precision_marketing')(alias)) }}
{% endmacro %}

{% macro default__pm_row_hash(alias) %}hash({{ alias }}){% endmacro %}

{% macro spark__pm_row_hash(alias) %}xxhash64({{ alias }}.*){% endmacro %}
