{%- set inputs = pm_input_contract().keys() | list -%}
with final as (
    {% for input in inputs %}
        select
            '{{ input }}' as input,
            raw_row_id,
            reject_reason as reason,
            raw_values
        from {{ ref('stg_pm__' ~ input ~ '_checked') }}
        where reject_reason is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
