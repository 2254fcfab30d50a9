{#
The segment of the nearest centroid: the query that adds fitted_segment_id, distance,
second_distance, is_outlier and model_version to rows of features. Empty when the model in
use is a density model.

    customers_assigned as (
        {{ pm_nearest_centroid('segment_features', 'champion', ['customer_id']) }}
    )

`features` and `champion` are names of relations in sight, `key` the columns that
identify a row of features.
#}
{% macro pm_nearest_centroid(features, champion, key) %}
{%- set segments = range(1, var('pm_segment_max_k') + 1) | list -%}
with distances as (
    select
        {% for column in key %}
            features.{{ column }},
        {% endfor %}
        champion.model_version
        {%- for segment in segments -%}
            ,
            {{ pm_centroid_distance('centroid_' ~ segment) }} as distance_{{ segment }},
            champion.fence_{{ segment }}
        {%- endfor %}
    from {{ features }} as features
    cross join {{ champion }} as champion
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
)

select
    {% for column in key %}
        {{ column }},
    {% endfor %}
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
{% endmacro %}
