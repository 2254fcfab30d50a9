{#
The whole staging query of an input other than order lines: one row per raw row, typed,
with its verdict.

    {{ pm_checked_input('customers') }}

A row is rejected when a column without which it means nothing is missing or invalid,
or when an earlier row has its key. An optional value that does not fit its type is
emptied, and the column named in `invalid_columns`.
#}
{% macro pm_checked_input(name) %}
    {% set contract = pm_input_contract()[name] %}
    with rows_typed as (
        {{ pm_typed_rows(name) }}
    ),

    rows_judged as (
        select
            *,
            case {{ pm_need_verdicts(name) }} end as unusable_reason,
            {% if contract.key %}
                row_number() over (
                    partition by
                        {% for column in contract.key %}
                            {{ pm_item_key(column) if column == 'item_id' else column }},
                        {% endfor %}
                        case {{ pm_need_verdicts(name) }} end is null
                    order by raw_row_id
                ) as copy_number
            {% else %}
                1 as copy_number
            {% endif %}
        from rows_typed
    ),

    rows_with_verdict as (
        select
            *,
            case
                when unusable_reason is not null then unusable_reason
                when copy_number > 1 then 'duplicate_key'
            end as reject_reason
        from rows_judged
    )

    select
        raw_row_id,
        {% for column in contract['columns'] %}
            {{ column }},
        {% endfor %}
        passthrough,
        {{ pm_invalid_columns(name) }} as invalid_columns,
        reject_reason,
        case
            when reject_reason is not null then {{ pm_row_to_json('raw_record') }}
        end as raw_values
    from rows_with_verdict
{% endmacro %}
