{#
The query that reads an input and types it: one row per raw row, with

    raw_row_id, row_hash, raw_record (the row as a struct), each contract column,
    is_invalid_<c> for each column that is not text, item_id_as_written where there is an item_id,
    passthrough (JSON).

    {{ pm_typed_rows('order_lines') }}
    {{ pm_typed_rows('order_lines', source='raw_rows') }}

Text is trimmed and blank text is null. A value that does not fit its type is null and
`is_invalid_<c>` is true. An input that is not mapped gives no rows, with these columns.
#}
{% macro pm_typed_rows(name, source=none) %}
    {% set contract = pm_input_contract()[name]['columns'] %}
    {% set input = pm_input(name) %}
    {% if input.kind == 'none' %}
        {{ _pm_empty_rows(contract) }}
    {% else %}
        {% set source = source or pm_input_from(name) %}
        {% set found = pm_checked_input_columns(name) if execute else [] %}
        {% set expressions = pm_input_expressions(name, found) %}
        {% set passthrough = {} %}
        {% for column in input.passthrough %}
            {% do passthrough.update({column: 'raw_input.' ~ adapter.quote(column)}) %}
        {% endfor %}
        select
            {{ pm_raw_row_id(name) }} as raw_row_id,
            {{ pm_row_hash('raw_input') }} as row_hash,
            {{ pm_record('raw_input') }} as raw_record,
            {% for column, rule in contract.items() %}
                {{ _pm_typed_column(column, rule.type, expressions[column]) }},
            {% endfor %}
            {% if 'item_id' in contract %}
                cast({{ expressions['item_id'] or 'null' }} as string) as item_id_as_written,
            {% endif %}
            {{ pm_json_object(passthrough) }} as passthrough
        from {{ source }} as raw_input
    {% endif %}
{% endmacro %}


{#
The columns found. The start-up check has seen files and queries; a relation may have
been built since, by this run, and is looked at now.
#}
{% macro pm_checked_input_columns(name) %}
    {% set problems = pm_input_problems(name) if pm_input(name).kind == 'relation' else [] %}
    {% if problems %}
        {% do exceptions.raise_compiler_error(pm_problem_report(problems)) %}
    {% endif %}
    {% do return(pm_input_columns(name)) %}
{% endmacro %}


{% macro _pm_typed_column(column, type, expression) %}
    {% if type == 'string' %}
        {% set value = 'nullif(' ~ pm_trim('cast(' ~ expression ~ ' as string)') ~ ", '')" %}
        {{ value if expression else 'cast(null as string)' }} as {{ column }}
    {% elif not expression %}
        cast(null as {{ type }}) as {{ column }},
        false as is_invalid_{{ column }}
    {% else %}
        {% set value = _pm_value_or_null(expression, type) %}
        {{ pm_to_local_time(value) if type == 'timestamp' else value }} as {{ column }},
        case
            when {{ value }} is not null then false
            else nullif({{ pm_trim('cast(' ~ expression ~ ' as string)') }}, '') is not null
        end as is_invalid_{{ column }}
    {% endif %}
{% endmacro %}


{# The case is a guard: DuckDB 2.0 moves a bare try_cast of a CSV column into its reader,
   where a value that does not fit stops the build instead of being null. #}
{% macro _pm_value_or_null(expression, type) %}
    {% if type == 'timestamp' %}
        {% do return(pm_to_timestamp(expression)) %}
    {% endif %}
    {% do return(
        'case when ' ~ expression ~ ' is not null then try_cast(' ~ expression ~ ' as ' ~ type ~ ') end'
    ) %}
{% endmacro %}


{% macro _pm_empty_rows(contract) %}
    select
        cast(null as bigint) as raw_row_id,
        cast(null as bigint) as row_hash,
        cast(null as string) as raw_record,
        {% for column, rule in contract.items() %}
            cast(null as {{ rule.type }}) as {{ column }},
            {% if rule.type != 'string' %}
                false as is_invalid_{{ column }},
            {% endif %}
        {% endfor %}
        cast(null as string) as item_id_as_written,
        cast(null as string) as passthrough
    where false
{% endmacro %}
