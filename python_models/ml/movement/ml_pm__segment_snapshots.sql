with lifecycle_snapshots as (
    select * from {{ ref('int_pm__lifecycle_snapshots') }}
),

rfm_snapshots as (
    select * from {{ ref('int_pm__rfm_snapshots') }}
),

cluster_snapshots as (
    select * from {{ ref('ml_pm__cluster_snapshots') }}
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

    union all

    select
        'cluster' as scheme,
        snapshot_date,
        customer_id,
        segment_name as segment
    from cluster_snapshots
)

select * from final
