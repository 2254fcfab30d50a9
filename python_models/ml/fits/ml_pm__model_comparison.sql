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

gates_failed as (
    {{ pm_failed_gates('measures', 'champion_rules') }}
),

contenders as (
    select
        candidates.target,
        candidates.model_version
    from candidates
    left join gates_failed
        on candidates.model_version = gates_failed.model_version
    where candidates.algorithm != 'baseline' and gates_failed.model_version is null
),

preferred as (
    {{ pm_preferred_candidates(
        'contenders', 'measures', 'champion_rules', preference_count=2, family='target'
    ) }}
),

-- Who beats nobody leaves the field to the baseline.
candidates_ranked as (
    select
        candidates.*,
        gates_failed.failed_criteria,
        row_number() over (
            partition by candidates.target
            order by
                case
                    when preferred.model_version is not null then 0
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
    left join preferred
        on candidates.model_version = preferred.model_version
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
