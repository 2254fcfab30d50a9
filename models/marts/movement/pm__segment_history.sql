with segment_snapshots as (
    select * from {{ ref('ml_pm__segment_snapshots') }}
),

snapshot_days as (
    select
        snapshot_date,
        lag(snapshot_date) over (order by snapshot_date) as previous_date,
        lead(snapshot_date) over (order by snapshot_date) as next_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

snapshots_in_sequence as (
    select
        segment_snapshots.scheme,
        segment_snapshots.customer_id,
        segment_snapshots.segment,
        segment_snapshots.snapshot_date,
        snapshot_days.previous_date,
        snapshot_days.next_date,
        lag(segment_snapshots.segment) over (
            partition by segment_snapshots.scheme, segment_snapshots.customer_id
            order by segment_snapshots.snapshot_date
        ) as previous_segment,
        lag(segment_snapshots.snapshot_date) over (
            partition by segment_snapshots.scheme, segment_snapshots.customer_id
            order by segment_snapshots.snapshot_date
        ) as seen_before_on
    from segment_snapshots
    inner join snapshot_days
        on segment_snapshots.snapshot_date = snapshot_days.snapshot_date
),

-- A spell begins where the segment changes, or where the customer was not there before.
spells_begun as (
    select
        *,
        sum(
            case
                when
                    segment = previous_segment and seen_before_on = previous_date
                    then 0
                else 1
            end
        ) over (
            partition by scheme, customer_id
            order by snapshot_date
            rows between unbounded preceding and current row
        ) as spell
    from snapshots_in_sequence
),

spells as (
    select
        scheme,
        customer_id,
        spell,
        segment,
        min(snapshot_date) as valid_from,
        max(next_date) as last_next_date,
        max(snapshot_date) as last_snapshot_date
    from spells_begun
    group by scheme, customer_id, spell, segment
),

final as (
    select
        spells.scheme,
        spells.customer_id,
        spells.segment,
        spells.valid_from,
        -- Up to the next look, which found something else.
        case
            when spells.last_snapshot_date != as_of.as_of_date
                then spells.last_next_date
        end as valid_to,
        spells.last_snapshot_date = as_of.as_of_date as is_current
    from spells
    cross join as_of
)

select * from final
