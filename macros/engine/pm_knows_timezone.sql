{#
Whether the engine knows a time zone by that name; where it cannot be asked, true.

    {{ pm_knows_timezone('Europe/London') }}  ->  True
#}
{% macro pm_knows_timezone(name) %}
    {{ return(adapter.dispatch('pm_knows_timezone', 'precision_marketing')(name)) }}
{% endmacro %}


{% macro default__pm_knows_timezone(name) %}
    {% set literal = "'" ~ name | replace("'", "''") ~ "'" %}
    {% set query = 'select count(*) from pg_timezone_names() where lower(name) = lower(' ~ literal ~ ')' %}
    {% do return(run_query(query).rows[0][0] | int > 0) %}
{% endmacro %}


{% macro spark__pm_knows_timezone(name) %}
    {% do return(true) %}
{% endmacro %}
