-- Scores counted again from the published cut points, so that a score can be explained,
-- or given to a new customer, from the thresholds alone.
with rfm_scores as (
    select * from {{ ref('pm__rfm_scores') }}
),

scores_counted as (
    select
        rfm_scores.as_of_date,
        rfm_scores.customer_id,
        min(rfm_scores.r_score) as r_score,
        min(rfm_scores.f_score) as f_score,
        min(rfm_scores.m_score) as m_score,
        count(
            case
                when
                    thresholds.measure = 'recency_days'
                    and thresholds.value < rfm_scores.recency_days
                    then 1
            end
        ) as recency_cuts,
        count(
            case
                when
                    thresholds.measure = 'frequency'
                    and thresholds.value < rfm_scores.frequency
                    then 1
            end
        ) as frequency_cuts,
        count(
            case
                when
                    thresholds.measure = 'monetary'
                    and thresholds.value < rfm_scores.monetary
                    then 1
            end
        ) as monetary_cuts
    from rfm_scores
    left join {{ ref('pm__rfm_thresholds') }} as thresholds
        on rfm_scores.as_of_date = thresholds.as_of_date
    group by rfm_scores.as_of_date, rfm_scores.customer_id
)

select *
from scores_counted
where
    r_score != 5 - recency_cuts
    or f_score != 1 + frequency_cuts
    or m_score != 1 + monetary_cuts
