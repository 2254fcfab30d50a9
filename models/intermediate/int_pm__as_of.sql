with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

order_dates as (
    select
        cast(min(ordered_at) as date) as first_order_date,
        cast(max(ordered_at) as date) as last_order_date
    from order_lines
),

final as (
    select
        {% if var('pm_as_of') %}
            {{ pm_date_literal(var('pm_as_of')) }} as as_of_date,
        {% else %}
            cast({{ dbt.dateadd('day', 1, 'last_order_date') }} as date) as as_of_date,
        {% endif %}
        first_order_date,
        last_order_date
    from order_dates
)

select * from final
