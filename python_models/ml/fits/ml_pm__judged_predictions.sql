{{ config(materialized='view') }}
with model_predictions as (
    select * from {{ ref('ml_pm__model_predictions') }}
),

baselines as (
    select * from {{ ref('ml_pm__model_predictions') }}
    where algorithm = 'baseline'
),

final as (
    select
        model_predictions.target,
        model_predictions.kind,
        model_predictions.fold,
        model_predictions.algorithm,
        model_predictions.model_version,
        model_predictions.as_of_date,
        model_predictions.customer_id,
        model_predictions.label,
        coalesce(model_predictions.probability, model_predictions.score) as prediction,
        coalesce(baselines.probability, baselines.score) as baseline_prediction
    from model_predictions
    inner join baselines
        on
            model_predictions.target = baselines.target
            and model_predictions.fold = baselines.fold
            and model_predictions.customer_id = baselines.customer_id
)

select * from final
