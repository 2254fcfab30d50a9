with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

snapshot_days as (
    select snapshot_date as as_of_date
    from {{ ref('int_pm__snapshot_calendar') }}
    where {{ var('pm_enable_rfm') }} and {{ var('pm_enable_segments') }}
),

rfm_thresholds as (
    select * from {{ ref('int_pm__rfm_thresholds') }}
),

rfm_measured as (
    {{ pm_rfm_measured('customer_orders', 'snapshot_days') }}
),

rfm_scored as (
    {{ pm_rfm_scored('rfm_measured', 'rfm_thresholds') }}
),

final as (
    select
        as_of_date as snapshot_date,
        customer_id,
        rfm_segment
    from rfm_scored
)

select * from final
