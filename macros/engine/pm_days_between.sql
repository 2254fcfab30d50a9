{#
Days from one timestamp to another with their fraction, as a double.

    {{ pm_days_between('first_order_at', 'last_order_at') }}
#}
{% macro pm_days_between(start, end) -%}
    {{ pm_seconds_between(start, end) }} / cast(86400 as double)
{%- endmacro %}
