{%- set in_time -%}
    partition by scheme, customer_id order by valid_from asc
{%- endset -%}
with segment_history as (
    select * from {{ ref('pm__segment_history') }}
),

first_looks as (
    select
        scheme,
        min(valid_from) as first_date
    from segment_history
    group by scheme
),

last_look as (
    select max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

spells_in_sequence as (
    select
        scheme,
        customer_id,
        segment,
        valid_from,
        valid_to,
        lag(segment) over ({{ in_time }}) as segment_before,
        lag(valid_to) over ({{ in_time }}) as before_until,
        lead(segment) over ({{ in_time }}) as segment_after,
        lead(valid_from) over ({{ in_time }}) as after_from
    from segment_history
),

-- Entering one segment is leaving another on the same day, unless they were no customer
-- in between.
changes as (
    -- The first look of all finds customers; it does not see them come.
    select
        spells_in_sequence.scheme,
        spells_in_sequence.customer_id,
        'entered' as change,
        spells_in_sequence.segment,
        case
            when spells_in_sequence.before_until = spells_in_sequence.valid_from
                then spells_in_sequence.segment_before
        end as other_segment,
        spells_in_sequence.valid_from as changed_on
    from spells_in_sequence
    inner join first_looks
        on spells_in_sequence.scheme = first_looks.scheme
    where spells_in_sequence.valid_from > first_looks.first_date

    union all

    select
        scheme,
        customer_id,
        'left' as change,
        segment,
        case when after_from = valid_to then segment_after end as other_segment,
        valid_to as changed_on
    from spells_in_sequence
    where valid_to is not null
),

final as (
    select
        changes.scheme,
        changes.customer_id,
        changes.change,
        changes.segment,
        changes.other_segment,
        changes.changed_on,
        changes.changed_on = last_look.last_date as is_latest
    from changes
    cross join last_look
)

select * from final
