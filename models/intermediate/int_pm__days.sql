with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

days_numbered as (
    select
        first_order_date,
        {{ pm_integers_up_to(
            pm_calendar_days_between('first_order_date', 'as_of_date')
        ) }} as day_number
    from as_of
),

final as (
    select
        cast({{ dbt.dateadd('day', 'day_number', 'first_order_date') }} as date)
            as calendar_date
    from days_numbered
)

select * from final
