{#
Days from one timestamp to another with their fraction, as a double.

    {{ pm_days_between('first_order_at', 'last_order_at') }}
#}
{% macro pm_days_between(start, end) %}
    {{ return(adapter.dispatch('pm_days_between', 'precision_marketing')(start, end)) }}
{% endmacro %}

{% macro default__pm_days_between(start, end) -%}
    (epoch({{ end }}) - epoch({{ start }})) / 86400.0
{%- endmacro %}

{% macro spark__pm_days_between(start, end) -%}
    (unix_timestamp({{ end }}) - unix_timestamp({{ start }})) / cast(86400 as double)
{%- endmacro %}
