{#- More features than a name can hold: then only what stands out is named. -#}
{%- set most_words = 3 -%}
{%- set names_averages = pm_segment_features() | length <= most_words -%}
with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

-- Centroids are in deviations from the average customer, from the median one where
-- pm_segment_scaling is robust.
levels as (
    select
        segment_models.model_version,
        segment_models.segment_id,
        segment_models.feature,
        segment_models.value,
        {{ pm_segment_level('segment_models.value', has_extremes=true) }} as level
    from segment_models
    inner join champion
        on segment_models.model_version = champion.model_version
    where segment_models.component = 'centroid'
),

levels_ranked as (
    select
        *,
        row_number() over (
            partition by segment_id
            order by
                case when level = 'middle' then 1 else 0 end asc,
                abs(value) desc,
                feature asc
        ) as level_rank
    from levels
),

final as (
    select
        model_version,
        cast(segment_id as integer) as fitted_segment_id,
        '|'
        || {{ dbt.listagg("feature || '=' || level", "'|'", 'order by feature') }}
        || '|' as levels
    from levels_ranked
    where
        level_rank <= {{ most_words }}
        -- A segment that is average throughout is still named by something.
        and (level != 'middle' or level_rank = 1 or {{ names_averages }})
    group by model_version, segment_id
)

select * from final
