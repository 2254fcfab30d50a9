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
        months.next_date,
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

moves_counted as (
    select
        snapshots_in_sequence.scheme,
        snapshots_in_sequence.snapshot_date as from_date,
        snapshots_in_sequence.next_date as to_date,
        snapshots_in_sequence.segment as from_segment,
        -- A customer whose only order is sent back is a customer no more.
        case
            when snapshots_in_sequence.seen_next_on = snapshots_in_sequence.next_date
                then snapshots_in_sequence.next_segment
            else '(left)'
        end as to_segment,
        count(*) as customer_count,
        sum(months_earned.net_revenue) as net_revenue
    from snapshots_in_sequence
    left join months_earned
        on
            snapshots_in_sequence.customer_id = months_earned.customer_id
            and snapshots_in_sequence.snapshot_date = months_earned.snapshot_date
    where snapshots_in_sequence.next_date is not null
    group by
        snapshots_in_sequence.scheme,
        snapshots_in_sequence.snapshot_date,
        snapshots_in_sequence.next_date,
        snapshots_in_sequence.segment,
        to_segment
),

customers_counted as (
    select
        segment_snapshots.scheme,
        months.previous_date as from_date,
        months.snapshot_date as to_date,
        segment_snapshots.segment,
        count(*) as customer_count
    from segment_snapshots
    inner join months
        on segment_snapshots.snapshot_date = months.snapshot_date
    where months.previous_date is not null
    group by
        segment_snapshots.scheme,
        months.previous_date,
        months.snapshot_date,
        segment_snapshots.segment
),

arrivals_counted as (
    select
        scheme,
        to_date,
        to_segment,
        sum(customer_count) as customer_count
    from moves_counted
    group by scheme, to_date, to_segment
),

final as (
    select
        scheme,
        from_date,
        to_date,
        from_segment,
        to_segment,
        customer_count,
        cast(coalesce(net_revenue, 0) as decimal(18,2)) as net_revenue
    from moves_counted

    union all

    -- Who did not come from a segment has entered.
    select
        customers_counted.scheme,
        customers_counted.from_date,
        customers_counted.to_date,
        '(entered)' as from_segment,
        customers_counted.segment as to_segment,
        cast(
            customers_counted.customer_count
            - coalesce(arrivals_counted.customer_count, 0)
            as bigint
        ) as customer_count,
        cast(0 as decimal(18,2)) as net_revenue
    from customers_counted
    left join arrivals_counted
        on
            customers_counted.scheme = arrivals_counted.scheme
            and customers_counted.to_date = arrivals_counted.to_date
            and customers_counted.segment = arrivals_counted.to_segment
    where
        customers_counted.customer_count
        > coalesce(arrivals_counted.customer_count, 0)
)

select * from final
