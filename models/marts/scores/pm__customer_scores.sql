with champion_scores as (
    select * from {{ ref('ml_pm__champion_scores') }}
),

champions as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion
),

score_reasons as (
    select * from {{ ref('ml_pm__score_reasons') }}
),

snapshot_fingerprints as (
    select * from {{ ref('int_pm__snapshot_fingerprints') }}
),

scores_ranked as (
    select
        *,
        case when kind = 'binary' then prediction end as probability,
        rank() over (partition by target order by prediction desc) as prediction_rank,
        rank() over (partition by target order by prediction asc) as reverse_rank,
        count(*) over (partition by target) as customer_count
    from champion_scores
),

final as (
    select
        scores_ranked.as_of_date,
        scores_ranked.target,
        scores_ranked.customer_id,
        scores_ranked.probability,
        case
            when scores_ranked.kind = 'binary' then scores_ranked.baseline_prediction
        end as baseline_probability,
        case when scores_ranked.kind = 'amount' then scores_ranked.prediction end
            as expected_value,
        case
            when scores_ranked.kind = 'amount' then scores_ranked.baseline_prediction
        end as baseline_expected_value,
        -- Equal predictions share a percentile and a decile.
        case
            when scores_ranked.prediction is not null
                then
                    100.0 * (scores_ranked.reverse_rank - 1)
                    / cast(greatest(scores_ranked.customer_count - 1, 1) as double)
        end as percentile,
        {{ pm_decile(
            'scores_ranked.prediction',
            'scores_ranked.prediction_rank',
            'scores_ranked.customer_count',
        ) }} as decile,
        case
            when scores_ranked.probability is null then null
            when scores_ranked.probability >= {{ var('pm_score_band_high') }}
                then 'high'
            when scores_ranked.probability >= {{ var('pm_score_band_medium') }}
                then 'medium'
            else 'low'
        end as band,
        score_reasons.reason_1,
        score_reasons.reason_2,
        score_reasons.reason_3,
        champions.status,
        {{ var('pm_horizon_days') }} as horizon_days,
        scores_ranked.algorithm,
        scores_ranked.model_version,
        snapshot_fingerprints.fingerprint as snapshot_fingerprint
    from scores_ranked
    inner join champions
        on scores_ranked.target = champions.target
    left join snapshot_fingerprints
        on scores_ranked.as_of_date = snapshot_fingerprints.as_of_date
    left join score_reasons
        on
            scores_ranked.target = score_reasons.target
            and scores_ranked.customer_id = score_reasons.customer_id
)

select * from final
