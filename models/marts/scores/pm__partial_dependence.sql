with model_explanations as (
    select * from {{ ref('ml_pm__model_explanations') }}
    where kind = 'dependence'
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

features as (
    select * from {{ ref('int_pm__features') }}
),

final as (
    select
        fitted_models.target,
        fitted_models.algorithm,
        fitted_models.fold,
        model_explanations.model_version,
        fitted_models.final_model_version,
        model_explanations.feature,
        cast(model_explanations.position as integer) + 1 as point,
        case
            when features.transform = 'log'
                then exp(model_explanations.feature_value) - 1
            else model_explanations.feature_value
        end as feature_value,
        model_explanations.value as mean_prediction
    from model_explanations
    inner join fitted_models
        on model_explanations.model_version = fitted_models.model_version
    inner join features
        on model_explanations.feature = features.feature
)

select * from final
