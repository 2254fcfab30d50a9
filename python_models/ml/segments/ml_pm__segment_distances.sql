{%- set segments = range(1, var('pm_segment_max_k') + 1) | list -%}
with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

core_distances as (
    select * from {{ ref('ml_pm__segment_core_distances') }}
),

distances as (
    select
        segment_features.customer_id,
        champion.model_version
        {%- for segment in segments -%}
            ,
            {{ pm_centroid_distance('centroid_' ~ segment) }} as distance_{{ segment }},
            champion.fence_{{ segment }}
        {%- endfor %}
    from segment_features
    cross join champion
    where not champion.is_density
),

-- least() leaves nulls out, so segments that the champion lacks never win.
distances_nearest as (
    select
        *,
        least(
            {%- for segment in segments -%}
                distance_{{ segment }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ) as distance
    from distances
),

segments_assigned as (
    select
        *,
        case distance
            {% for segment in segments %}
                when distance_{{ segment }} then {{ segment }}
            {% endfor %}
        end as segment_id
    from distances_nearest
),

final as (
    select
        customer_id,
        cast(segment_id as integer) as fitted_segment_id,
        distance,
        least(
            {%- for segment in segments -%}
                case when segment_id != {{ segment }} then distance_{{ segment }} end
                {{- ', ' if not loop.last }}
            {% endfor -%}
        ) as second_distance,
        coalesce(
            distance > case segment_id
                {% for segment in segments %}
                    when {{ segment }} then fence_{{ segment }}
                {% endfor %}
            end,
            false
        ) as is_outlier,
        model_version
    from segments_assigned

    union all

    select
        customer_id,
        cast(segment_id as integer) as fitted_segment_id,
        distance,
        second_distance,
        segment_id = 0 as is_outlier,
        model_version
    from core_distances
)

select * from final
