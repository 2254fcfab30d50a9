with order_days as (
    select * from {{ ref('int_pm__customer_order_days') }}
),

thresholds as (
    select * from {{ ref('int_pm__activity_thresholds') }}
),

-- The last order day before each day: no other one is between the two.
customers_seen as (
    select
        thresholds.as_of_date,
        order_days.customer_id,
        {{ pm_calendar_days_between(
            'order_days.order_date', 'thresholds.as_of_date'
        ) }} as days_since_order,
        -- Rounded: the factor is somebody's gap, and another as long as it is a tie.
        round(
            thresholds.lapsed_factor * {{ pm_usual_gap_days(
                'order_days.log_gap_sum',
                'order_days.gap_count',
                'thresholds.mean_log_gap',
            ) }},
            3
        ) as activity_window_days
    from order_days
    inner join thresholds
        on
            order_days.order_date < thresholds.as_of_date
            and coalesce(order_days.next_order_date >= thresholds.as_of_date, true)
),

final as (
    select
        as_of_date,
        customer_id,
        days_since_order,
        activity_window_days
    from customers_seen
    where days_since_order <= activity_window_days
)

select * from final
