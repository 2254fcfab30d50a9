with session_events as (
    select * from {{ ref('int_pm__session_events') }}
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

sessions_summed as (
    select
        session_id,
        max(customer_id) as customer_id,
        max(case when event_number = 1 then channel end) as channel,
        count(*) as event_count,
        count(distinct item_id) as item_count,
        sum(case when event_type = 'view' then 1 else 0 end) as view_count,
        sum(case when event_type = 'cart' then 1 else 0 end) as cart_count,
        sum(case when event_type = 'purchase' then 1 else 0 end) as purchase_count,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from session_events
    group by session_id
),

-- An order belongs to the last session that it could have come from.
orders_placed as (
    select
        customer_orders.order_id,
        sessions_summed.session_id,
        row_number() over (
            partition by customer_orders.order_id, customer_orders.customer_id
            order by sessions_summed.started_at desc, sessions_summed.session_id asc
        ) as session_rank
    from customer_orders
    inner join sessions_summed
        on
            customer_orders.customer_id = sessions_summed.customer_id
            and customer_orders.ordered_at >= sessions_summed.started_at
            and {{ pm_seconds_between(
                'sessions_summed.ended_at', 'customer_orders.ordered_at'
            ) }} <= 60 * {{ var('pm_session_order_minutes') }}
    where not customer_orders.is_return
),

sessions_ordered as (
    select
        session_id,
        min(order_id) as order_id
    from orders_placed
    where session_rank = 1
    group by session_id
),

final as (
    select
        sessions_summed.session_id,
        sessions_summed.customer_id,
        sessions_ordered.order_id,
        sessions_summed.channel,
        cast(sessions_summed.event_count as bigint) as event_count,
        cast(sessions_summed.item_count as bigint) as item_count,
        cast(sessions_summed.view_count as bigint) as view_count,
        cast(sessions_summed.cart_count as bigint) as cart_count,
        sessions_ordered.order_id is not null or sessions_summed.purchase_count > 0
            as has_purchase,
        sessions_summed.started_at,
        sessions_summed.ended_at
    from sessions_summed
    left join sessions_ordered
        on sessions_summed.session_id = sessions_ordered.session_id
)

select * from final
