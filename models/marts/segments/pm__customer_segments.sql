with segment_distances as (
    select * from {{ ref('ml_pm__segment_distances') }}
),

segment_names as (
    select * from {{ ref('ml_pm__segment_names') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of.as_of_date,
        segment_distances.customer_id,
        segment_names.segment_id,
        segment_names.segment_name,
        segment_distances.distance,
        -- 1 on the centroid, 0 halfway between two segments; a lone segment is certain,
        -- and what lies outside every segment is not.
        case
            when segment_distances.fitted_segment_id = 0 then 0.0
            when segment_distances.second_distance is null then 1.0
            when segment_distances.second_distance = 0 then 0.0
            else 1 - segment_distances.distance / segment_distances.second_distance
        end as confidence,
        champion.algorithm,
        segment_distances.model_version,
        segment_distances.is_outlier
    from segment_distances
    inner join champion
        on segment_distances.model_version = champion.model_version
    cross join as_of
    left join segment_names
        on segment_distances.fitted_segment_id = segment_names.fitted_segment_id
)

select * from final
