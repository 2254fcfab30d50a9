{#- The rule of the seed pm_model_champion_rules: gates, then preferences in turn. -#}
{%- set preference_positions = [1, 2] -%}
with candidates as (
    select * from {{ ref('ml_pm__model_candidates') }}
),

champion_rules as (
    select * from {{ ref('pm_model_champion_rules') }}
),

measures as (
    select
        model_version,
        'origin_count' as metric,
        cast(origin_count as double) as value
    from candidates
    union all
    select
        model_version,
        'origins_won_share' as metric,
        origins_won / cast(nullif(origin_count, 0) as double) as value
    from candidates
    union all
    select
        model_version,
        'gain' as metric,
        gain as value
    from candidates
    union all
    select
        model_version,
        'loss_gain' as metric,
        loss_gain as value
    from candidates
    union all
    select
        model_version,
        'training_gap' as metric,
        training_gap as value
    from candidates
    union all
    select
        model_version,
        'simplicity' as metric,
        cast(simplicity as double) as value
    from candidates
),

-- What is not known passes no gate.
gates_failed as (
    select
        measures.model_version,
        {{ dbt.listagg(
            'champion_rules.metric', "', '", 'order by champion_rules.position'
        ) }} as failed_criteria
    from measures
    inner join champion_rules
        on measures.metric = champion_rules.metric
    where
        champion_rules.kind = 'gate'
        and not coalesce(
            case champion_rules.comparison
                when 'at_least' then measures.value >= champion_rules.amount
                when 'at_most' then measures.value <= champion_rules.amount
            end,
            false
        )
    group by measures.model_version
),

preferences as (
    select
        candidates.target,
        measures.model_version,
        champion_rules.position,
        champion_rules.amount as tolerance,
        coalesce(
            case champion_rules.comparison
                when 'highest' then measures.value
                when 'lowest' then -measures.value
            end,
            -1e300
        ) as preference
    from measures
    inner join candidates
        on measures.model_version = candidates.model_version
    inner join champion_rules
        on measures.metric = champion_rules.metric
    where champion_rules.kind = 'preference'
),

contenders_0 as (
    select candidates.model_version
    from candidates
    left join gates_failed
        on candidates.model_version = gates_failed.model_version
    where candidates.algorithm != 'baseline' and gates_failed.model_version is null
),

{% for position in preference_positions %}
    contenders_{{ position }}_measured as (
        select
            preferences.*,
            max(preferences.preference) over (partition by preferences.target)
                as best_preference
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
-- Who beats nobody leaves the field to the baseline.
candidates_ranked as (
    select
        candidates.*,
        gates_failed.failed_criteria,
        row_number() over (
            partition by candidates.target
            order by
                case
                    when contenders.model_version is not null then 0
                    when candidates.algorithm = 'baseline' then 1
                    else 2
                end asc,
                candidates.algorithm asc
        ) as target_rank,
        max(
            case
                when candidates.algorithm != 'baseline' then candidates.origin_count
            end
        ) over (partition by candidates.target) as judged_origin_count
    from candidates
    left join gates_failed
        on candidates.model_version = gates_failed.model_version
    left join contenders_{{ preference_positions | last }} as contenders
        on candidates.model_version = contenders.model_version
),

final as (
    select
        target,
        kind,
        algorithm,
        model_version,
        cast(origin_count as integer) as origin_count,
        cast(origins_won as integer) as origins_won,
        gain,
        gain_lower,
        gain_upper,
        training_gap,
        training_gap > {{ var('pm_overfit_max_gap') }} as is_overfit,
        case when algorithm != 'baseline' then failed_criteria end as failed_criteria,
        target_rank = 1 as is_champion,
        case
            when coalesce(judged_origin_count, 0) = 0 then 'insufficient_data'
            when algorithm = 'baseline' then 'C'
            when gain_lower >= 0.1 then 'A'
            when gain >= 0 then 'B'
            when gain < 0 then 'C'
            else 'insufficient_data'
        end as grade,
        case
            when coalesce(judged_origin_count, 0) = 0 then 'insufficient_data'
            else 'ok'
        end as status
    from candidates_ranked
)

select * from final
