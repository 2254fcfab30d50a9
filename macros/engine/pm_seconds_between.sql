{#
Whole seconds from one timestamp to another, as a bigint.

    {{ pm_seconds_between('first_order_at', 'last_order_at') }}
#}
{% macro pm_seconds_between(start, end) %}
    {{ return(adapter.dispatch('pm_seconds_between', 'precision_marketing')(start, end)) }}
{% endmacro %}

{% macro default__pm_seconds_between(start, end) -%}
    (epoch_ms({{ end }}) // 1000 - epoch_ms({{ start }}) // 1000)
{%- endmacro %}

{% macro spark__pm_seconds_between(start, end) -%}
    (unix_timestamp({{ end }}) - unix_timestamp({{ start }}))
{%- endmacro %}
