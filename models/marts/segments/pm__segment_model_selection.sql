with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

metrics as (
    select
        model_version,
        algorithm,
        k
        {%- for metric in [
            'inertia', 'silhouette', 'calinski_harabasz', 'davies_bouldin',
            'stability_ari', 'min_share', 'row_count', 'is_champion', 'is_fallback',
        ] -%}
            ,
            max(case when feature = '{{ metric }}' then value end) as {{ metric }}
        {%- endfor %}
    from segment_models
    where component = 'metric'
    group by model_version, algorithm, k
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of.as_of_date,
        metrics.algorithm,
        cast(metrics.k as integer) as k,
        metrics.model_version,
        cast(metrics.row_count as bigint) as row_count,
        metrics.inertia,
        metrics.silhouette,
        metrics.calinski_harabasz,
        metrics.davies_bouldin,
        metrics.stability_ari,
        metrics.min_share,
        metrics.is_champion = 1 as is_champion,
        metrics.is_fallback = 1 as is_fallback
    from metrics
    cross join as_of
)

select * from final
