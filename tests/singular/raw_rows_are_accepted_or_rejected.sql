-- Nothing is lost: each input's rows, counted in its files once more, are its accepted
-- rows plus its rejected rows. A relation or query may have grown since it was read, so
-- there the rows that were read are the count to match.
{% set inputs = pm_input_contract().keys() | list %}
with row_counts as (
    {% for input in inputs %}
        select
            '{{ input }}' as input,
            (
                select count(*)
                {% if pm_input(input).kind == 'files' %}
                    from {{ pm_input_from(input) }}
                {% else %}
                    from {{ ref('stg_pm__' ~ input ~ '_checked') }}
                {% endif %}
            ) as raw_row_count,
            (select count(*) from {{ ref('stg_pm__' ~ input ~ '_checked') }})
                as checked_row_count,
            (select count(*) from {{ ref('stg_pm__' ~ input) }}) as accepted_row_count,
            (
                select count(*)
                from {{ ref('pm__rejected_rows') }}
                where input = '{{ input }}'
            ) as rejected_row_count
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from row_counts
where
    raw_row_count != checked_row_count
    or raw_row_count != accepted_row_count + rejected_row_count
