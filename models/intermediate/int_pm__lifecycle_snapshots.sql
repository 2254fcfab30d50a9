with snapshot_calendar as (
    select * from {{ ref('int_pm__snapshot_calendar') }}
),

order_days as (
    select * from {{ ref('int_pm__customer_order_days') }}
),

thresholds as (
    select * from {{ ref('int_pm__lifecycle_thresholds') }}
),

-- The last order day before each snapshot: no other one is between the two.
customers_seen as (
    select
        snapshot_calendar.snapshot_date,
        order_days.customer_id,
        order_days.order_date,
        order_days.order_day_number,
        order_days.gap_days,
        {{ pm_calendar_days_between(
            'order_days.order_date', 'snapshot_calendar.snapshot_date'
        ) }} as days_since_order,
        {{ pm_usual_gap_days(
            'order_days.log_gap_sum', 'order_days.gap_count', 'thresholds.mean_log_gap'
        ) }} as usual_gap_days,
        {{ pm_usual_gap_days(
            'order_days.previous_log_gap_sum',
            '(order_days.gap_count - 1)',
            'thresholds.mean_log_gap',
        ) }} as previous_usual_gap_days,
        thresholds.cooling_factor,
        thresholds.lapsed_factor
    from order_days
    inner join snapshot_calendar
        on
            order_days.order_date < snapshot_calendar.snapshot_date
            and coalesce(
                order_days.next_order_date >= snapshot_calendar.snapshot_date, true
            )
    cross join thresholds
),

-- Rounded: a usual gap of whole days comes out a hair beside them, and who is silent
-- for just as long is silent for no longer.
thresholds_applied as (
    select
        *,
        round(cooling_factor * usual_gap_days, 3) as cooling_after_days,
        round(lapsed_factor * usual_gap_days, 3) as lapsed_after_days,
        round(lapsed_factor * previous_usual_gap_days, 3) as lapsed_before_last_days
    from customers_seen
),

final as (
    select
        snapshot_date,
        customer_id,
        {{ pm_lifecycle_state(
            days_since='days_since_order',
            order_day_number='order_day_number',
            last_gap='gap_days',
            cooling_after='cooling_after_days',
            lapsed_after='lapsed_after_days',
            lapsed_before_last='lapsed_before_last_days',
        ) }} as lifecycle_state,
        order_date as last_order_date,
        order_day_number as order_day_count,
        usual_gap_days,
        -- The first whole day on which they count as such.
        cast(floor(cooling_after_days) as integer) + 1 as cooling_from_days,
        cast(floor(lapsed_after_days) as integer) + 1 as lapsed_from_days
    from thresholds_applied
)

select * from final
