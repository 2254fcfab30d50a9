with sessions as (
    select * from {{ ref('int_pm__sessions') }}
),

final as (
    select
        session_id,
        customer_id,
        order_id,
        channel,
        event_count,
        item_count,
        view_count,
        cart_count,
        {{ pm_seconds_between('started_at', 'ended_at') }} as duration_seconds,
        has_purchase,
        started_at,
        ended_at
    from sessions
)

select * from final
