{%- set attributes = ['gender', 'region', 'language'] -%}
with customers as (
    select * from {{ ref('stg_pm__customers') }}
),

values_counted as (
    {% for attribute in attributes %}
        select
            '{{ attribute }}' as attribute,
            {{ attribute }} as attribute_value,
            count(*) as customer_count
        from customers
        where {{ attribute }} is not null and {{ var('pm_enable_segments') }}
        group by {{ attribute }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Of equally common values the first in the alphabet.
values_ranked as (
    select
        attribute,
        attribute_value,
        row_number() over (
            partition by attribute
            order by customer_count desc, attribute_value asc
        ) as value_rank
    from values_counted
),

final as (
    select
        count(*) as known_count
        {%- for attribute in attributes -%}
            ,
            max(case when attribute = '{{ attribute }}' then attribute_value end)
                as main_{{ attribute }}
        {%- endfor %}
    from values_ranked
    where value_rank = 1
)

select * from final
