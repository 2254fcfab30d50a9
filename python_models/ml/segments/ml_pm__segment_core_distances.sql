{#- Only for a density model in use; else there are no core points and no rows. -#}
with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

core_points as (
    select * from {{ ref('ml_pm__segment_core_points') }}
),

distances as (
    select
        segment_features.customer_id,
        champion.model_version,
        core_points.segment_id,
        core_points.point,
        core_points.radius,
        {{ pm_centroid_distance('core') }} as distance
    from segment_features
    cross join champion
    cross join core_points
),

-- The nearest core point of each segment: what is left are few rows a customer.
segments_measured as (
    select
        customer_id,
        model_version,
        segment_id,
        min(distance) as distance,
        min_by(radius, distance) as radius
    from distances
    group by customer_id, model_version, segment_id
),

segments_ranked as (
    select
        *,
        row_number() over (
            partition by customer_id order by distance asc, segment_id asc
        ) as segment_rank
    from segments_measured
),

final as (
    select
        customer_id,
        model_version,
        max(
            case
                when segment_rank = 1 and distance <= radius then segment_id
                when segment_rank = 1 then 0
            end
        ) as segment_id,
        max(case when segment_rank = 1 then distance end) as distance,
        max(case when segment_rank = 2 then distance end) as second_distance
    from segments_ranked
    group by customer_id, model_version
)

select * from final
