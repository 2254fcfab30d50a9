{#
Calendar days from one date or timestamp to another: the midnights between them.

    {{ pm_calendar_days_between('last_order_at', 'as_of_date') }}
#}
{% macro pm_calendar_days_between(start, end) %}
    {{ return(adapter.dispatch('pm_calendar_days_between', 'precision_marketing')(start, end)) }}
{% endmacro %}


{% macro default__pm_calendar_days_between(start, end) %}
    {% do return('date_diff(\n\'day\', cast(' ~ start ~ ' as date), cast(' ~ end ~ ' as date)\n)') %}
{% endmacro %}


{% macro spark__pm_calendar_days_between(start, end) %}
    {% do return('datediff(' ~ end ~ ', ' ~ start ~ ')') %}
{% endmacro %}
