with purchase_scores as (
    select * from {{ ref('ml_pm__purchase_scores') }}
    where split = 'score'
),

purchase_reasons as (
    select * from {{ ref('ml_pm__purchase_reasons') }}
),

scores_ranked as (
    select
        *,
        rank() over (order by probability desc) as probability_rank,
        rank() over (order by probability asc) as reverse_rank,
        count(*) over () as customer_count
    from purchase_scores
),

final as (
    select
        scores_ranked.as_of_date,
        scores_ranked.target,
        scores_ranked.customer_id,
        scores_ranked.probability,
        scores_ranked.baseline_probability,
        -- Equal probabilities share a percentile and a decile.
        case
            when scores_ranked.probability is not null
                then
                    100.0 * (scores_ranked.reverse_rank - 1)
                    / cast(greatest(scores_ranked.customer_count - 1, 1) as double)
        end as percentile,
        {{ pm_decile(
            'scores_ranked.probability',
            'scores_ranked.probability_rank',
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
        purchase_reasons.reason_1,
        purchase_reasons.reason_2,
        purchase_reasons.reason_3,
        case when scores_ranked.status_code = 1 then 'ok' else 'insufficient_data' end
            as status,
        {{ var('pm_horizon_days') }} as horizon_days,
        scores_ranked.model_version
    from scores_ranked
    left join purchase_reasons
        on scores_ranked.customer_id = purchase_reasons.customer_id
)

select * from final
