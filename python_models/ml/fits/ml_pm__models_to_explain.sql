{{ config(materialized='view') }}
with fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

champions as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion and algorithm != 'baseline'
),

-- The newest origin's fit of the algorithm in use: the model in use has learned from
-- the days it could be looked at on.
final as (
    select
        fitted_models.target,
        fitted_models.fold,
        fitted_models.model_version
    from fitted_models
    inner join champions
        on fitted_models.final_model_version = champions.model_version
    where fitted_models.fold = 'origin_1'
)

select * from final
