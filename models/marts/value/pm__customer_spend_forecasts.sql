with spend_scores as (
    select * from {{ ref('ml_pm__clv_spend_scores') }}
    where split = 'score'
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
    where split = 'score'
),

final as (
    select
        spend_scores.as_of_date,
        spend_scores.customer_id,
        clv_calendar.holdout_days as horizon_days,
        spend_scores.purchase_probability,
        cast(spend_scores.expected_spend_of_buyer as decimal(18,2))
            as expected_spend_of_buyer,
        cast(spend_scores.predicted_spend as decimal(18,2)) as predicted_spend,
        spend_scores.model_version
    from spend_scores
    cross join clv_calendar
)

select * from final
