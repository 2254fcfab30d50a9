with customer_snapshots as (
    select
        as_of_date,
        customer_id
    from {{ ref('int_pm__customer_snapshots') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

label_windows as (
    select * from {{ ref('int_pm__label_windows') }}
),

final as (
    select
        'purchase' as target,
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        {{ pm_closed_label(
            'case when label_windows.order_count > 0 then 1 else 0 end'
        ) }} as label
    from customer_snapshots
    inner join feature_calendar
        on customer_snapshots.as_of_date = feature_calendar.as_of_date
    cross join as_of
    left join label_windows
        on
            customer_snapshots.as_of_date = label_windows.as_of_date
            and customer_snapshots.customer_id = label_windows.customer_id
)

select * from final
