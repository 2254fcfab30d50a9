{#
How many files a path or glob matches; 1 where the engine cannot tell before reading.

    {{ pm_file_count('data/*.parquet') }}  ->  3
#}
{% macro pm_file_count(path) %}
    {{ return(adapter.dispatch('pm_file_count', 'precision_marketing')(path)) }}
{% endmacro %}


{% macro default__pm_file_count(path) %}
    {% if modules.re.match('^[a-z0-9]+://', path) %}
        {% do return(1) %}
    {% endif %}
    {% set literal = "'" ~ path | replace("'", "''") ~ "'" %}
    {% do return(run_query('select count(*) from glob(' ~ literal ~ ')').rows[0][0] | int) %}
{% endmacro %}


{% macro spark__pm_file_count(path) %}
    {% do return(1) %}
{% endmacro %}
