with session_events as (
    select * from {{ ref('int_pm__session_events') }}
),

sessions as (
    select * from {{ ref('int_pm__sessions') }}
),

-- An order ends its session as a purchase, unless the shop tells purchases as events.
steps_taken as (
    select
        session_id,
        event_number,
        event_type
    from session_events

    union all

    select
        session_id,
        event_count + 1 as event_number,
        'purchase' as event_type
    from sessions
    where
        order_id is not null
        and session_id not in (
            select session_events.session_id
            from session_events
            where session_events.event_type = 'purchase'
        )
),

steps_paired as (
    select
        event_number,
        event_type,
        lead(event_type) over (partition by session_id order by event_number)
            as next_event_type
    from steps_taken
),

moves as (
    select
        event_type as from_event,
        coalesce(next_event_type, '(end)') as to_event
    from steps_paired

    union all

    select
        '(start)' as from_event,
        event_type as to_event
    from steps_paired
    where event_number = 1
),

final as (
    select
        from_event,
        to_event,
        count(*) as move_count
    from moves
    group by from_event, to_event
)

select * from final
