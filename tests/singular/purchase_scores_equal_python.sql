-- The SQL scorer and scikit-learn, from the same parameters, on every sampled snapshot.
with predictions as (
    select * from {{ ref('ml_pm__purchase_predictions') }}
),

scores as (
    select * from {{ ref('ml_pm__purchase_scores') }}
)

select
    predictions.as_of_date,
    predictions.customer_id,
    predictions.probability as probability_in_python,
    scores.probability as probability_in_sql
from predictions
left join scores
    on
        predictions.as_of_date = scores.as_of_date
        and predictions.customer_id = scores.customer_id
        and predictions.model_version = scores.model_version
where
    scores.customer_id is null
    or (scores.probability is null) != (predictions.probability is null)
    or abs(scores.probability - predictions.probability) > 1e-9
    or abs(scores.linear_score - predictions.linear_score) > 1e-9
