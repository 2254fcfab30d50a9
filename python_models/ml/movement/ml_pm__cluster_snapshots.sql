{%- set row_key = ['snapshot_date', 'customer_id'] -%}
with segment_feature_snapshots as (
    select * from {{ ref('int_pm__segment_feature_snapshots') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

core_points as (
    select * from {{ ref('ml_pm__segment_core_points') }}
),

segment_names as (
    select * from {{ ref('ml_pm__segment_names') }}
),

near_centroids as (
    {{ pm_nearest_centroid('segment_feature_snapshots', 'champion', row_key) }}
),

near_core_points as (
    {{ pm_core_point_segment(
        'segment_feature_snapshots', 'champion', 'core_points', row_key
    ) }}
),

customers_assigned as (
    select
        snapshot_date,
        customer_id,
        fitted_segment_id
    from near_centroids

    union all

    select
        snapshot_date,
        customer_id,
        fitted_segment_id
    from near_core_points
),

final as (
    select
        customers_assigned.snapshot_date,
        customers_assigned.customer_id,
        segment_names.segment_name
    from customers_assigned
    left join segment_names
        on customers_assigned.fitted_segment_id = segment_names.fitted_segment_id
)

select * from final
