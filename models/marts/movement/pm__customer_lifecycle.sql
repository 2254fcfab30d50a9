with lifecycle_snapshots as (
    select * from {{ ref('int_pm__lifecycle_snapshots') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of.as_of_date,
        lifecycle_snapshots.customer_id,
        lifecycle_snapshots.lifecycle_state,
        lifecycle_snapshots.order_day_count,
        lifecycle_snapshots.usual_gap_days,
        lifecycle_snapshots.last_order_date,
        cast({{ dbt.dateadd(
            'day',
            'lifecycle_snapshots.cooling_from_days',
            'lifecycle_snapshots.last_order_date',
        ) }} as date) as cooling_from_date,
        cast({{ dbt.dateadd(
            'day',
            'lifecycle_snapshots.lapsed_from_days',
            'lifecycle_snapshots.last_order_date',
        ) }} as date) as lapsed_from_date
    from lifecycle_snapshots
    inner join as_of
        on lifecycle_snapshots.snapshot_date = as_of.as_of_date
)

select * from final
