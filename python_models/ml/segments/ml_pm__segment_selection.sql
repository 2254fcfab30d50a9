{#- The rule of the seed pm_segment_champion_rules: gates, then preferences in turn. -#}
{%- set preference_positions = [1, 2, 3] -%}
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

-- A metric that is not defined passes no gate.
gates_failed as (
    select
        metric_values.model_version,
        {{ dbt.listagg(
            'champion_rules.metric', "', '", 'order by champion_rules.position'
        ) }} as failed_criteria
    from metric_values
    inner join champion_rules
        on metric_values.metric = champion_rules.metric
    where
        champion_rules.kind = 'gate'
        and not coalesce(
            case champion_rules.comparison
                when 'at_least' then metric_values.value >= champion_rules.amount
                when 'at_most' then metric_values.value <= champion_rules.amount
            end,
            false
        )
    group by metric_values.model_version
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

-- What is not defined is preferred to nothing.
preferences as (
    select
        metric_values.model_version,
        champion_rules.position,
        champion_rules.amount as tolerance,
        coalesce(
            case champion_rules.comparison
                when 'highest' then metric_values.value
                when 'lowest' then -metric_values.value
            end,
            -1e300
        ) as preference
    from metric_values
    inner join champion_rules
        on metric_values.metric = champion_rules.metric
    where champion_rules.kind = 'preference'
),

-- When no candidate passes the gates, all that found a segment stay in.
contenders_0 as (
    select model_version
    from candidates_judged
    where k >= 1 and (failed_criteria is null or is_fallback_needed = 1)
),

{% for position in preference_positions %}
    contenders_{{ position }}_measured as (
        select
            preferences.*,
            max(preferences.preference) over () as best_preference
        from contenders_{{ position - 1 }}
        inner join preferences
            on contenders_{{ position - 1 }}.model_version = preferences.model_version
        where preferences.position = {{ position }}
    ),

    contenders_{{ position }} as (
        select model_version
        from contenders_{{ position }}_measured
        where preference >= best_preference - tolerance
    ),

{% endfor %}
-- Of what the rule cannot tell apart K-means, whose segments are easiest to explain.
contenders_ranked as (
    select
        candidates_judged.model_version,
        row_number() over (
            order by
                case when candidates_judged.algorithm = 'kmeans' then 0 else 1 end asc,
                candidates_judged.algorithm asc,
                candidates_judged.parameters asc
        ) as contender_rank
    from candidates_judged
    inner join contenders_{{ preference_positions | last }} as contenders
        on candidates_judged.model_version = contenders.model_version
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
        coalesce(contenders_ranked.contender_rank = 1, false) as is_champion,
        coalesce(contenders_ranked.contender_rank = 1, false)
        and candidates_judged.is_fallback_needed = 1 as is_fallback
    from candidates_judged
    left join contenders_ranked
        on candidates_judged.model_version = contenders_ranked.model_version
)

select * from final
