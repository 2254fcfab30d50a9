-- Each look falls into exactly one spell of that customer, with the same segment; and
-- the spells hold no more looks than there were.
with looks as (
    select
        snapshots.scheme,
        snapshots.customer_id,
        snapshots.snapshot_date,
        count(history.segment) as spell_count
    from {{ ref('ml_pm__segment_snapshots') }} as snapshots
    left join {{ ref('pm__segment_history') }} as history
        on
            snapshots.scheme = history.scheme
            and snapshots.customer_id = history.customer_id
            and snapshots.segment = history.segment
            and snapshots.snapshot_date >= history.valid_from
            and coalesce(snapshots.snapshot_date < history.valid_to, true)
    group by snapshots.scheme, snapshots.customer_id, snapshots.snapshot_date
),

looks_in_spells as (
    select count(*) as look_count
    from {{ ref('pm__segment_history') }} as history
    inner join {{ ref('int_pm__snapshot_calendar') }} as calendar
        on
            history.valid_from <= calendar.snapshot_date
            and coalesce(history.valid_to > calendar.snapshot_date, true)
)

select
    scheme,
    customer_id,
    snapshot_date,
    spell_count
from looks
where spell_count != 1

union all

select
    'all' as scheme,
    'more looks in spells than there were' as customer_id,
    null as snapshot_date,
    looks_in_spells.look_count as spell_count
from looks_in_spells
where looks_in_spells.look_count != (select count(*) from looks)
