with sessions as (
    select * from {{ ref('int_pm__sessions') }}
),

segment_history as (
    select * from {{ ref('pm__segment_history') }}
    where scheme = 'rfm'
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

-- The segment as it stood when the session began, not what came of it.
sessions_seen as (
    select
        sessions.*,
        segment_history.segment
    from sessions
    left join segment_history
        on
            sessions.customer_id = segment_history.customer_id
            and sessions.started_at >= segment_history.valid_from
            and coalesce(sessions.started_at < segment_history.valid_to, true)
),

-- Looks are a month apart, and go back only so far: who bought before is a customer,
-- although no look says of which segment.
sessions_of_customers as (
    select distinct sessions_seen.session_id
    from sessions_seen
    inner join customer_orders
        on
            sessions_seen.customer_id = customer_orders.customer_id
            and sessions_seen.started_at > customer_orders.ordered_at
    where
        sessions_seen.segment is null
        and {{ pm_is_kept_order('customer_orders', 'sessions_seen.started_at') }}
),

sessions_known as (
    select
        sessions_seen.session_id,
        sessions_seen.customer_id,
        case
            when sessions_seen.customer_id is null then 'anonymous'
            when sessions_seen.segment is not null then sessions_seen.segment
            when sessions_of_customers.session_id is not null then 'not_seen_yet'
            else 'prospect'
        end as segment,
        -- Who got further has been through what lies before.
        case
            when sessions_seen.has_purchase then 3
            when sessions_seen.cart_count > 0 then 2
            when sessions_seen.view_count > 0 then 1
            else 0
        end as depth
    from sessions_seen
    left join sessions_of_customers
        on sessions_seen.session_id = sessions_of_customers.session_id
),

sessions_grouped as (
    select * from sessions_known
    union all
    select
        session_id,
        customer_id,
        'all' as segment,
        depth
    from sessions_known
),

steps_counted as (
    {% for step in ['session', 'view', 'cart', 'purchase'] %}
        select
            segment,
            {{ loop.index0 }} as step_number,
            '{{ step }}' as step,
            sum(case when depth >= {{ loop.index0 }} then 1 else 0 end)
                as session_count,
            count(distinct case when depth >= {{ loop.index0 }} then customer_id end)
                as customer_count
        from sessions_grouped
        group by segment
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

steps_compared as (
    select
        *,
        lag(session_count) over (partition by segment order by step_number)
            as previous_session_count,
        first_value(session_count) over (partition by segment order by step_number)
            as first_session_count
    from steps_counted
),

final as (
    select
        segment,
        cast(step_number as integer) as step_number,
        step,
        cast(session_count as bigint) as session_count,
        cast(customer_count as bigint) as customer_count,
        session_count / cast(nullif(first_session_count, 0) as double)
            as share_of_sessions,
        session_count / cast(nullif(previous_session_count, 0) as double)
            as step_conversion
    from steps_compared
)

select * from final
