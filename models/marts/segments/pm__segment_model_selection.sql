with segment_selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of.as_of_date,
        segment_selection.algorithm,
        segment_selection.parameters,
        cast(segment_selection.k as integer) as k,
        segment_selection.model_version,
        cast(segment_selection.row_count as bigint) as row_count,
        segment_selection.inertia,
        segment_selection.silhouette,
        segment_selection.calinski_harabasz,
        segment_selection.davies_bouldin,
        segment_selection.stability_ari,
        segment_selection.min_share,
        segment_selection.noise_share,
        segment_selection.failed_criteria,
        segment_selection.is_champion,
        segment_selection.is_fallback
    from segment_selection
    cross join as_of
)

select * from final
