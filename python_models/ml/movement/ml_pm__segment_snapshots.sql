with lifecycle_snapshots as (
    select * from {{ ref('int_pm__lifecycle_snapshots') }}
),

rfm_snapshots as (
    select * from {{ ref('int_pm__rfm_snapshots') }}
),

final as (
    select
        'lifecycle' as scheme,
        snapshot_date,
        customer_id,
        lifecycle_state as segment
    from lifecycle_snapshots

    union all

    select
        'rfm' as scheme,
        snapshot_date,
        customer_id,
        rfm_segment as segment
    from rfm_snapshots
)

select * from final
