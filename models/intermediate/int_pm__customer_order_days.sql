with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- Two orders of one day are one visit: between them lies no gap to learn from. An order
-- that was sent back later was a sign of life all the same.
order_days as (
    select distinct
        customer_orders.customer_id,
        cast(customer_orders.ordered_at as date) as order_date
    from customer_orders
    cross join as_of
    where
        not customer_orders.is_return
        and customer_orders.customer_id is not null
        and customer_orders.ordered_at < as_of.as_of_date
        and {{ var('pm_enable_segments') or var('pm_enable_scores') }}
),

order_days_in_sequence as (
    select
        customer_id,
        order_date,
        row_number() over (partition by customer_id order by order_date)
            as order_day_number,
        lag(order_date) over (partition by customer_id order by order_date)
            as previous_order_date,
        lead(order_date) over (partition by customer_id order by order_date)
            as next_order_date
    from order_days
),

gaps_measured as (
    select
        *,
        {{ pm_calendar_days_between('previous_order_date', 'order_date') }} as gap_days
    from order_days_in_sequence
),

-- Decimal, since the last digits of a sum of doubles depend on what comes after it.
gap_logarithms as (
    select
        *,
        cast(ln(gap_days) as decimal(18,9)) as log_gap
    from gaps_measured
),

final as (
    select
        customer_id,
        order_date,
        next_order_date,
        cast(order_day_number as bigint) as order_day_number,
        cast(gap_days as bigint) as gap_days,
        -- Gaps completed up to this day, this day's own included, and before it.
        order_day_number - 1 as gap_count,
        coalesce(
            cast(sum(log_gap) over (
                partition by customer_id
                order by order_date
                rows between unbounded preceding and current row
            ) as double),
            0
        ) as log_gap_sum,
        coalesce(
            cast(sum(log_gap) over (
                partition by customer_id
                order by order_date
                rows between unbounded preceding and 1 preceding
            ) as double),
            0
        ) as previous_log_gap_sum
    from gap_logarithms
)

select * from final
