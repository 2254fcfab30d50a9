{#
The columns of a query, without running it: [{'name': ..., 'type': ...}, ...].

    {{ pm_describe('select 1 as n') }}  ->  [{'name': 'n', 'type': 'INTEGER'}]
#}
{% macro pm_describe(query) %}
    {{ return(adapter.dispatch('pm_describe', 'precision_marketing')(query)) }}
{% endmacro %}


{% macro default__pm_describe(query) %}
    {% do return(_pm_described(run_query('describe ' ~ query))) %}
{% endmacro %}


{% macro spark__pm_describe(query) %}
    {% do return(_pm_described(run_query('describe query ' ~ query))) %}
{% endmacro %}


{% macro _pm_described(table) %}
    {% set columns = [] %}
    {% for row in table.rows %}
        {% do columns.append({'name': row[0], 'type': row[1] | upper}) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}
