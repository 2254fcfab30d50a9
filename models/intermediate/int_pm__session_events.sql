with events as (
    select
        *,
        coalesce('session ' || session_id, 'customer ' || customer_id) as visitor
    from {{ ref('stg_pm__events') }}
    where {{ var('pm_enable_segments') }} and {{ pm_is_known('occurred_at') }}
),

-- A session without an id of its own is what one customer does without a long pause.
events_in_sequence as (
    select
        *,
        {{ pm_seconds_between(
            'lag(occurred_at) over (partition by visitor order by occurred_at, raw_row_id)',
            'occurred_at',
        ) }} as pause_seconds
    from events
    where visitor is not null
),

sessions_begun as (
    select
        *,
        sum(
            case
                when
                    session_id is null
                    and coalesce(
                        pause_seconds > 60 * {{ var('pm_session_pause_minutes') }}, true
                    )
                    then 1
                else 0
            end
        ) over (
            partition by visitor
            order by occurred_at, raw_row_id
            rows between unbounded preceding and current row
        ) as visit_number
    from events_in_sequence
),

final as (
    select
        raw_row_id,
        coalesce(session_id, customer_id || ' ' || cast(visit_number as string))
            as session_id,
        customer_id,
        item_id,
        event_type,
        channel,
        occurred_at,
        row_number() over (
            partition by visitor, visit_number order by occurred_at, raw_row_id
        ) as event_number
    from sessions_begun
)

select * from final
