with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

centroid_distances as (
    {{ pm_nearest_centroid('segment_features', 'champion', ['customer_id']) }}
),

core_distances as (
    select * from {{ ref('ml_pm__segment_core_distances') }}
),

final as (
    select
        customer_id,
        fitted_segment_id,
        distance,
        second_distance,
        is_outlier,
        model_version
    from centroid_distances

    union all

    select
        customer_id,
        fitted_segment_id,
        distance,
        second_distance,
        is_outlier,
        model_version
    from core_distances
)

select * from final
