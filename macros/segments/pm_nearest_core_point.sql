{#
The segment of the nearest core point, 0 when none is near enough: the query that adds
fitted_segment_id, distance, second_distance, is_outlier and model_version to rows of
features. Empty unless the model in use is a density model: else there are no core points.

    customers_assigned as (
        {{ pm_nearest_core_point(
            'segment_features', 'champion', 'core_points', ['customer_id']
        ) }}
    )

`features`, `champion` and `core_points` are names of relations in sight, `key` the
columns that identify a row of features.
#}
{% macro pm_nearest_core_point(features, champion, core_points, key) %}
{%- set row_key = key | join(', ') -%}
with distances as (
    select
        {% for column in key %}
            features.{{ column }},
        {% endfor %}
        champion.model_version,
        core_points.segment_id,
        core_points.radius,
        {{ pm_centroid_distance('core') }} as distance
    from {{ features }} as features
    cross join {{ champion }} as champion
    cross join {{ core_points }} as core_points
),

-- The nearest core point of each segment: what is left are few rows a customer.
segments_measured as (
    select
        {{ row_key }},
        model_version,
        segment_id,
        min(distance) as distance,
        min_by(radius, distance) as radius
    from distances
    group by {{ row_key }}, model_version, segment_id
),

segments_ranked as (
    select
        *,
        row_number() over (
            partition by {{ row_key }} order by distance asc, segment_id asc
        ) as segment_rank
    from segments_measured
),

segments_assigned as (
    select
        {{ row_key }},
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
    group by {{ row_key }}, model_version
)

select
    {{ row_key }},
    cast(segment_id as integer) as fitted_segment_id,
    distance,
    second_distance,
    segment_id = 0 as is_outlier,
    model_version
from segments_assigned
{% endmacro %}
