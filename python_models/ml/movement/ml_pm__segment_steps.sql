with segment_snapshots as (
    select * from {{ ref('ml_pm__segment_snapshots') }}
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

months as (
    select
        snapshot_date,
        lag(snapshot_date) over (order by snapshot_date) as previous_date,
        lead(snapshot_date) over (order by snapshot_date) as next_date
    from {{ ref('int_pm__snapshot_calendar') }}
    where is_month_start
),

months_earned as (
    select
        months.snapshot_date,
        customer_orders.customer_id,
        sum(customer_orders.net_revenue) as net_revenue
    from customer_orders
    inner join months
        on
            customer_orders.ordered_at >= months.snapshot_date
            and customer_orders.ordered_at < months.next_date
    where customer_orders.customer_id is not null
    group by months.snapshot_date, customer_orders.customer_id
),

snapshots_in_sequence as (
    select
        segment_snapshots.scheme,
        segment_snapshots.customer_id,
        segment_snapshots.segment,
        months.snapshot_date,
        months.previous_date,
        months.next_date,
        lag(segment_snapshots.snapshot_date) over (
            partition by segment_snapshots.scheme, segment_snapshots.customer_id
            order by segment_snapshots.snapshot_date
        ) as seen_before_on,
        lead(segment_snapshots.snapshot_date) over (
            partition by segment_snapshots.scheme, segment_snapshots.customer_id
            order by segment_snapshots.snapshot_date
        ) as seen_next_on,
        lead(segment_snapshots.segment) over (
            partition by segment_snapshots.scheme, segment_snapshots.customer_id
            order by segment_snapshots.snapshot_date
        ) as next_segment
    from segment_snapshots
    inner join months
        on segment_snapshots.snapshot_date = months.snapshot_date
),

customers_moved as (
    -- A customer whose only order is sent back is a customer no more.
    select
        scheme,
        customer_id,
        snapshot_date as from_date,
        next_date as to_date,
        segment as from_segment,
        case when seen_next_on = next_date then next_segment else '(left)' end
            as to_segment
    from snapshots_in_sequence
    where next_date is not null

    union all

    -- Who was not there a month before has entered.
    select
        scheme,
        customer_id,
        previous_date as from_date,
        snapshot_date as to_date,
        '(entered)' as from_segment,
        segment as to_segment
    from snapshots_in_sequence
    where
        previous_date is not null
        and coalesce(seen_before_on != previous_date, true)
),

final as (
    select
        customers_moved.scheme,
        customers_moved.from_date,
        customers_moved.to_date,
        customers_moved.from_segment,
        customers_moved.to_segment,
        count(*) as customer_count,
        cast(coalesce(sum(months_earned.net_revenue), 0) as decimal(18,2))
            as net_revenue
    from customers_moved
    left join months_earned
        on
            customers_moved.customer_id = months_earned.customer_id
            and customers_moved.from_date = months_earned.snapshot_date
    group by
        customers_moved.scheme,
        customers_moved.from_date,
        customers_moved.to_date,
        customers_moved.from_segment,
        customers_moved.to_segment
)

select * from final
