-- The champion's metrics computed again in SQL, by their textbook formulas, on the same
-- customers. The silhouette needs every pair, and is taken of at most 4,000 customers.
{%- set features = pm_segment_features() | list -%}
{%- set squared_distance = {} -%}
{%- for left, right in [
    ('scaled', 'centroids'), ('scaled', 'means'), ('means', 'overall'), ('own', 'other'),
] -%}
    {%- set terms = [] -%}
    {%- for feature in features -%}
        {%- do terms.append(
            'power(' ~ left ~ '.' ~ feature ~ ' - ' ~ right ~ '.' ~ feature ~ ', 2)'
        ) -%}
    {%- endfor -%}
    {%- do squared_distance.update({left ~ ' ' ~ right: terms | join(' + ')}) -%}
{%- endfor %}
with champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
    where not is_density
),

selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
    where is_champion and k > 1
),

segment_models as (
    select segment_models.*
    from {{ ref('ml_pm__segment_models') }} as segment_models
    inner join champion
        on segment_models.model_version = champion.model_version
),

assignments as (
    select * from {{ ref('ml_pm__segment_assignments') }}
),

segment_sample as (
    select * from {{ ref('int_pm__segment_sample') }}
),

scaled as (
    select
        assignments.customer_id,
        assignments.segment_id
        {%- for feature in features -%}
            ,
            (segment_sample.{{ feature }} - champion.center_{{ feature }})
            / champion.scale_{{ feature }} as {{ feature }}
        {%- endfor %}
    from assignments
    inner join segment_sample
        on assignments.customer_id = segment_sample.customer_id
    inner join champion
        on assignments.model_version = champion.model_version
),

centroids as (
    select
        segment_id
        {%- for feature in features -%}
            ,
            max(case when feature = '{{ feature }}' then value end) as {{ feature }}
        {%- endfor %}
    from segment_models
    where component = 'centroid'
    group by segment_id
),

means as (
    select
        segment_id,
        count(*) as customer_count
        {%- for feature in features -%}
            ,
            avg({{ feature }}) as {{ feature }}
        {%- endfor %}
    from scaled
    group by segment_id
),

overall as (
    select
        count(*) as customer_count
        {%- for feature in features -%}
            ,
            avg({{ feature }}) as {{ feature }}
        {%- endfor %}
    from scaled
),

spreads as (
    select
        scaled.segment_id,
        sum({{ squared_distance['scaled centroids'] }}) as inertia,
        sum({{ squared_distance['scaled means'] }}) as within_squares,
        avg(sqrt({{ squared_distance['scaled means'] }})) as mean_distance,
        max(means.customer_count * ({{ squared_distance['means overall'] }}))
            as between_squares
    from scaled
    inner join centroids
        on scaled.segment_id = centroids.segment_id
    inner join means
        on scaled.segment_id = means.segment_id
    cross join overall
    group by scaled.segment_id
),

likenesses as (
    select
        own.segment_id,
        max(
            (own_spread.mean_distance + other_spread.mean_distance)
            / sqrt({{ squared_distance['own other'] }})
        ) as likeness
    from means as own
    inner join means as other
        on own.segment_id != other.segment_id
    inner join spreads as own_spread
        on own.segment_id = own_spread.segment_id
    inner join spreads as other_spread
        on other.segment_id = other_spread.segment_id
    group by own.segment_id
),

distances_to_segments as (
    select
        own.customer_id,
        own.segment_id,
        other.segment_id as other_segment_id,
        sum(sqrt({{ squared_distance['own other'] }})) as distance_sum,
        count(*) as customer_count
    from scaled as own
    inner join selection
        on selection.row_count <= 4000
    cross join scaled as other
    group by own.customer_id, own.segment_id, other.segment_id
),

cohesions as (
    select
        customer_id,
        max(case when segment_id = other_segment_id then customer_count end)
            as own_count,
        -- A customer is no company to itself.
        max(
            case
                when segment_id = other_segment_id and customer_count > 1
                    then distance_sum / (customer_count - 1)
            end
        ) as own_distance,
        min(
            case
                when segment_id != other_segment_id
                    then distance_sum / customer_count
            end
        ) as nearest_distance
    from distances_to_segments
    group by customer_id
),

silhouettes as (
    select
        avg(
            case
                when own_count = 1 then 0
                else
                    (nearest_distance - own_distance)
                    / greatest(nearest_distance, own_distance)
            end
        ) as silhouette
    from cohesions
),

computed as (
    select
        sum(spreads.inertia) as inertia,
        (sum(spreads.between_squares) / (count(*) - 1))
        / (
            sum(spreads.within_squares) / (max(overall.customer_count) - count(*))
        ) as calinski_harabasz,
        avg(likenesses.likeness) as davies_bouldin
    from spreads
    inner join likenesses
        on spreads.segment_id = likenesses.segment_id
    cross join overall
),

compared as (
    {% for metric in ['inertia', 'calinski_harabasz', 'davies_bouldin', 'silhouette'] %}
        select
            '{{ metric }}' as metric,
            selection.{{ metric }} as in_python,
            {{ 'silhouettes' if metric == 'silhouette' else 'computed' }}.{{ metric }}
                as in_sql
        from selection
        inner join champion
            on selection.model_version = champion.model_version
        cross join {{ 'silhouettes' if metric == 'silhouette' else 'computed' }}
        {{ 'where selection.row_count <= 4000' if metric == 'silhouette' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from compared
where coalesce(abs(in_python - in_sql) > 1e-9 * abs(in_python), true)
