with segment_snapshots as (
    select * from {{ ref('ml_pm__segment_snapshots') }}
),

looks as (
    select
        snapshot_date,
        row_number() over (order by snapshot_date) as look_number,
        lead(snapshot_date) over (order by snapshot_date) as next_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- Within a spell the looks and the rows are numbered in step; where another segment, or
-- none, lies between two looks, the difference of the numbers grows.
looks_in_spells as (
    select
        segment_snapshots.scheme,
        segment_snapshots.customer_id,
        segment_snapshots.segment,
        segment_snapshots.snapshot_date,
        looks.next_date,
        looks.look_number - row_number() over (
            partition by
                segment_snapshots.scheme,
                segment_snapshots.customer_id,
                segment_snapshots.segment
            order by looks.look_number asc
        ) as spell
    from segment_snapshots
    inner join looks
        on segment_snapshots.snapshot_date = looks.snapshot_date
),

spells as (
    select
        scheme,
        customer_id,
        segment,
        spell,
        min(snapshot_date) as valid_from,
        max(next_date) as last_next_date,
        max(snapshot_date) as last_snapshot_date
    from looks_in_spells
    group by scheme, customer_id, segment, spell
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
