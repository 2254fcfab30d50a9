{#
The segment of the nearest core point, 0 when none is near enough: as
pm_nearest_core_point, without the distances, and so without comparing every row with
every core point. A core point farther than the largest radius decides nothing: rows meet
those of their own cell of a grid of that size and of the cells around it.

    customers_assigned as (
        {{ pm_core_point_segment(
            'segment_features', 'champion', 'core_points', ['customer_id']
        ) }}
    )

`features`, `champion` and `core_points` are names of relations in sight, `key` the
columns that identify a row of features.
#}
{% macro pm_core_point_segment(features, champion, core_points, key) %}
{%- set row_key = key | join(', ') -%}
{#- Two features part rows well enough; more would only make more neighbouring cells. -#}
{%- set gridded = (pm_segment_features() | list)[:2] -%}
with largest_radius as (
    -- A little more, so that no rounding puts a point within reach two cells away.
    select 1.001 * max(radius) as cell_size
    from {{ core_points }}
),

offsets as (
    select -1 as cells_away
    union all
    select 0
    union all
    select 1
),

core_cells as (
    select
        core_points.*
        {%- for feature in gridded -%}
            ,
            floor(core_points.core_{{ feature }} / largest_radius.cell_size)
            + offsets_{{ loop.index }}.cells_away as cell_{{ loop.index }}
        {%- endfor %}
    from {{ core_points }} as core_points
    cross join largest_radius
    {%- for feature in gridded %}
        cross join offsets as offsets_{{ loop.index }}
    {%- endfor %}
),

rows_in_cells as (
    select
        features.*,
        champion.*
        {%- for feature in gridded -%}
            ,
            floor(
                (features.{{ feature }} - champion.center_{{ feature }})
                / champion.scale_{{ feature }}
                / largest_radius.cell_size
            ) as cell_{{ loop.index }}
        {%- endfor %}
    from {{ features }} as features
    cross join {{ champion }} as champion
    cross join largest_radius
    where champion.is_density
),

distances as (
    select
        {% for column in key %}
            rows_in_cells.{{ column }},
        {% endfor %}
        core_cells.segment_id,
        core_cells.radius,
        {{ pm_centroid_distance('core') }} as distance
    from rows_in_cells
    left join core_cells
        on
            {% for feature in gridded %}
                rows_in_cells.cell_{{ loop.index }} = core_cells.cell_{{ loop.index }}
                {{ 'and' if not loop.last }}
            {% endfor %}
),

segments_measured as (
    select
        {{ row_key }},
        segment_id,
        min(distance) as distance,
        min_by(radius, distance) as radius
    from distances
    group by {{ row_key }}, segment_id
),

segments_ranked as (
    select
        *,
        row_number() over (
            partition by {{ row_key }} order by distance asc, segment_id asc
        ) as segment_rank
    from segments_measured
)

select
    {{ row_key }},
    cast(
        case when distance <= radius then segment_id else 0 end as integer
    ) as fitted_segment_id
from segments_ranked
where segment_rank = 1
{% endmacro %}
