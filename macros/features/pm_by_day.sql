{#
Materialization of a table that is made day by day, each in a statement of its own: what a
day needs in memory is given back before the next one begins. A day stays as it is while
its fingerprint is the same; one that is no longer asked for goes.

    {{ config(materialized='pm_by_day', days_from='int_pm__snapshot_fingerprints') }}
    select ... , fingerprint from ... where as_of_date = {{ pm_day() }}

`days_from` is a model with as_of_date and fingerprint, which the query reads as well. All
days are one transaction.
#}
{% materialization pm_by_day, default %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set days_from = ref(config.require('days_from')) -%}
    {%- set columns = pm_describe(compiled_code) | map(attribute='name') | list -%}
    {%- set is_continued = existing is not none and existing.is_table and not should_full_refresh() -%}
    {#- Another set of columns, as after an upgrade, begins anew. -#}
    {%- if is_continued -%}
        {%- set found = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
        {%- set is_continued = found == columns -%}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if is_continued %}
        {% call statement('forget') %}
            delete from {{ target }}
            where not exists (
                select 1
                from {{ days_from }} as days
                where
                    days.as_of_date = {{ target }}.as_of_date
                    and days.fingerprint = {{ target }}.fingerprint
            )
        {% endcall %}
    {% else %}
        {% if existing is not none %}
            {% do adapter.drop_relation(existing) %}
        {% endif %}
        {# Of no day: the table without rows. #}
        {% call statement('create') %}
            {{ create_table_as(False, target, compiled_code) }}
        {% endcall %}
    {% endif %}

    {% set due_days = run_query(
        'select cast(as_of_date as string) from ' ~ days_from
        ~ ' where as_of_date not in (select as_of_date from ' ~ target ~ ') order by as_of_date'
    ) %}
    {% for row in due_days.rows %}
        {% call statement('day') %}
            insert into {{ target }} ({{ columns | join(', ') }})
            {{ compiled_code | replace(pm_day(), pm_date_literal(row[0])) }}
        {% endcall %}
    {% endfor %}
    {% call noop_statement('main', 'OK ' ~ due_days.rows | length ~ ' days') %}{% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The day that a statement is for; on its own a day of no row. #}
{% macro pm_day() %}
    {% do return(pm_date_literal('0001-01-01')) %}
{% endmacro %}
