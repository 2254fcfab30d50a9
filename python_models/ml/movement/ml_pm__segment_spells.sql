{%- set in_time -%}
    partition by scheme, customer_id order by valid_from asc
{%- endset -%}
with segment_snapshots as (
    select * from {{ ref('ml_pm__segment_snapshots') }}
),

looks_in_sequence as (
    select
        snapshot_date,
        row_number() over (order by snapshot_date) - 1 as look_number
    from {{ ref('int_pm__snapshot_calendar') }}
),

-- Each look is a bit of a number. pm_snapshot_months keeps them within 63.
looks as (
    select
        snapshot_date,
        cast(power(2, look_number) as bigint) as bit
    from looks_in_sequence
),

segment_names as (
    select distinct
        scheme,
        segment
    from segment_snapshots
),

-- Numbers stand for names until the end: of many customers, names do not fit in memory.
segments as (
    select
        scheme,
        segment,
        row_number() over (order by scheme, segment) as segment_number
    from segment_names
),

-- The looks that found a customer in a segment become one number; no look is sorted,
-- which would take most of the time and disk of the whole history.
segments_seen as (
    select
        segment_snapshots.customer_id,
        segments.segment_number,
        bit_or(looks.bit) as bits
    from segment_snapshots
    inner join looks
        on segment_snapshots.snapshot_date = looks.snapshot_date
    inner join segments
        on
            segment_snapshots.scheme = segments.scheme
            and segment_snapshots.segment = segments.segment
    group by segment_snapshots.customer_id, segments.segment_number
),

-- A spell is a run of ones. It begins with a one after a zero; added there, a one is
-- carried up to the first zero behind the run.
runs as (
    select
        segments_seen.customer_id,
        segments_seen.segment_number,
        looks.snapshot_date as valid_from,
        (segments_seen.bits + looks.bit) & ~segments_seen.bits as bit_after
    from segments_seen
    cross join looks
    where (segments_seen.bits & ~(2 * segments_seen.bits) & looks.bit) != 0
),

-- Up to the look that found something else; a run up to the last look has none.
spells as (
    select
        segments.scheme,
        runs.customer_id,
        runs.segment_number,
        runs.valid_from,
        looks.snapshot_date as valid_to
    from runs
    inner join segments
        on runs.segment_number = segments.segment_number
    left join looks
        on runs.bit_after = looks.bit
),

spells_in_sequence as (
    select
        *,
        lag(segment_number) over ({{ in_time }}) as number_before,
        lag(valid_to) over ({{ in_time }}) as before_until,
        lead(segment_number) over ({{ in_time }}) as number_after,
        lead(valid_from) over ({{ in_time }}) as after_from
    from spells
),

final as (
    select
        spells_in_sequence.scheme,
        spells_in_sequence.customer_id,
        segments.segment,
        spells_in_sequence.valid_from,
        spells_in_sequence.valid_to,
        -- Null where they were no customer in between.
        segments_before.segment as segment_before,
        segments_after.segment as segment_after
    from spells_in_sequence
    inner join segments
        on spells_in_sequence.segment_number = segments.segment_number
    left join segments as segments_before
        on
            spells_in_sequence.number_before = segments_before.segment_number
            and spells_in_sequence.before_until = spells_in_sequence.valid_from
    left join segments as segments_after
        on
            spells_in_sequence.number_after = segments_after.segment_number
            and spells_in_sequence.after_from = spells_in_sequence.valid_to
)

select * from final
