{#
Why the engine would refuse a query, or none when it would run it: syntax, files,
tables, columns, functions and types are looked at, nothing is read or changed.

    {{ pm_query_error('select frist_name from people') }}
    -> Referenced column "frist_name" not found in FROM clause! Candidate bindings: "first_name"

DuckDB plans the query inside json_serialize_plan, which answers with the error instead
of raising it, so that the caller can go on and collect more. Plans over files cannot be
written as JSON: that refusal comes after all that matters here was found in order.
Spark has no such function; there the query is first judged when it is read.
#}
{% macro pm_query_error(query) %}
    {{ return(adapter.dispatch('pm_query_error', 'precision_marketing')(query)) }}
{% endmacro %}


{% macro spark__pm_query_error(query) %}
    {% do return(none) %}
{% endmacro %}


{% macro default__pm_query_error(query) %}
    {% set literal = "'" ~ query | replace("'", "''") ~ "'" %}
    {% set answer = run_query('select cast(json_serialize_plan(' ~ literal ~ ') as varchar)') %}
    {% set plan = fromjson(answer.rows[0][0]) %}
    {% set is_about_json = plan.error_type in ['not implemented', 'invalid input', 'serialization'] %}
    {% if not plan.error or (is_about_json and 'seriali' in plan.error_message | lower) %}
        {% do return(none) %}
    {% endif %}
    {% do return(plan.error_message.split('\n')[:2] | map('trim') | join(' ')) %}
{% endmacro %}
