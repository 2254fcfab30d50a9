with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

champion_rules as (
    select * from {{ ref('pm_segment_champion_rules') }}
),

candidates as (
    select
        model_version,
        algorithm,
        parameters,
        k
        {%- for metric in pm_segment_metrics() -%}
            ,
            max(case when feature = '{{ metric }}' then value end) as {{ metric }}
        {%- endfor %}
    from segment_models
    where component = 'metric'
    group by model_version, algorithm, parameters, k
),

metric_values as (
    select
        model_version,
        feature as metric,
        value
    from segment_models
    where component = 'metric'

    union all

    select
        model_version,
        'k' as metric,
        cast(k as double) as value
    from candidates
),

gates_failed as (
    {{ pm_failed_gates('metric_values', 'champion_rules') }}
),

candidates_judged as (
    select
        candidates.*,
        gates_failed.failed_criteria,
        min(case when gates_failed.model_version is null then 0 else 1 end) over ()
            as is_fallback_needed
    from candidates
    left join gates_failed
        on candidates.model_version = gates_failed.model_version
),

-- When no candidate passes the gates, all that found a segment stay in.
contenders as (
    select model_version
    from candidates_judged
    where k >= 1 and (failed_criteria is null or is_fallback_needed = 1)
),

preferred as (
    {{ pm_preferred_candidates(
        'contenders', 'metric_values', 'champion_rules', preference_count=3
    ) }}
),

-- Of what the rule cannot tell apart K-means, whose segments are easiest to explain.
preferred_ranked as (
    select
        candidates_judged.model_version,
        row_number() over (
            order by
                case when candidates_judged.algorithm = 'kmeans' then 0 else 1 end asc,
                candidates_judged.algorithm asc,
                candidates_judged.parameters asc
        ) as preference_rank
    from candidates_judged
    inner join preferred
        on candidates_judged.model_version = preferred.model_version
),

final as (
    select
        candidates_judged.model_version,
        candidates_judged.algorithm,
        candidates_judged.parameters,
        candidates_judged.k,
        {% for metric in pm_segment_metrics() %}
            candidates_judged.{{ metric }},
        {% endfor %}
        candidates_judged.failed_criteria,
        coalesce(preferred_ranked.preference_rank = 1, false) as is_champion,
        coalesce(preferred_ranked.preference_rank = 1, false)
        and candidates_judged.is_fallback_needed = 1 as is_fallback
    from candidates_judged
    left join preferred_ranked
        on candidates_judged.model_version = preferred_ranked.model_version
)

select * from final
