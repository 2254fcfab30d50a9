{#
A UTC timestamp in the shop's local time, or unchanged when `pm_timezone` is empty.

    {{ pm_to_local_time('sent_at') }}  ->  timezone('Europe/Paris', timezone('UTC', sent_at))
#}
{% macro pm_to_local_time(expression) %}
    {% if not var('pm_timezone') %}
        {% do return(expression) %}
    {% endif %}
    {{ return(adapter.dispatch('pm_to_local_time', 'precision_marketing')(expression)) }}
{% endmacro %}


{% macro default__pm_to_local_time(expression) %}
    {% do return("timezone('" ~ var('pm_timezone') ~ "', timezone('UTC', " ~ expression ~ '))') %}
{% endmacro %}


{% macro spark__pm_to_local_time(expression) %}
    {% do return("from_utc_timestamp(" ~ expression ~ ", '" ~ var('pm_timezone') ~ "')") %}
{% endmacro %}
