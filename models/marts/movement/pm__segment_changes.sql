with segment_history as (
    select * from {{ ref('pm__segment_history') }}
),

first_look as (
    select
        scheme,
        min(valid_from) as first_date
    from segment_history
    group by scheme
),

-- The first look of all finds customers; it does not see them come.
entered as (
    select
        segment_history.scheme,
        segment_history.customer_id,
        segment_history.segment,
        'entered' as change,
        segment_history.valid_from as changed_on
    from segment_history
    inner join first_look
        on segment_history.scheme = first_look.scheme
    where segment_history.valid_from > first_look.first_date
),

left_behind as (
    select
        scheme,
        customer_id,
        segment,
        'left' as change,
        valid_to as changed_on
    from segment_history
    where valid_to is not null
),

changes as (
    select
        scheme,
        customer_id,
        segment,
        change,
        changed_on
    from entered

    union all

    select
        scheme,
        customer_id,
        segment,
        change,
        changed_on
    from left_behind
),

-- Entering one segment is leaving another on the same day.
changes_paired as (
    select
        changes.scheme,
        changes.customer_id,
        changes.segment,
        changes.change,
        other_changes.segment as other_segment,
        changes.changed_on
    from changes
    left join changes as other_changes
        on
            changes.scheme = other_changes.scheme
            and changes.customer_id = other_changes.customer_id
            and changes.changed_on = other_changes.changed_on
            and changes.change != other_changes.change
),

last_looks as (
    select max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

final as (
    select
        changes_paired.scheme,
        changes_paired.customer_id,
        changes_paired.change,
        changes_paired.segment,
        changes_paired.other_segment,
        changes_paired.changed_on,
        changes_paired.changed_on = last_looks.last_date as is_latest
    from changes_paired
    cross join last_looks
)

select * from final
