with segment_spells as (
    select * from {{ ref('ml_pm__segment_spells') }}
),

first_looks as (
    select
        scheme,
        min(valid_from) as first_date
    from segment_spells
    group by scheme
),

last_look as (
    select max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

-- Entering one segment is leaving another on the same day, unless they were no customer
-- in between.
changes as (
    -- The first look of all finds customers; it does not see them come.
    select
        segment_spells.scheme,
        segment_spells.customer_id,
        'entered' as change,
        segment_spells.segment,
        segment_spells.segment_before as other_segment,
        segment_spells.valid_from as changed_on
    from segment_spells
    inner join first_looks
        on segment_spells.scheme = first_looks.scheme
    where segment_spells.valid_from > first_looks.first_date

    union all

    select
        scheme,
        customer_id,
        'left' as change,
        segment,
        segment_after as other_segment,
        valid_to as changed_on
    from segment_spells
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
