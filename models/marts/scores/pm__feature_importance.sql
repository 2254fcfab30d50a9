with model_explanations as (
    select * from {{ ref('ml_pm__model_explanations') }}
    where kind = 'importance'
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

coefficients as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where component = 'coefficient'
),

-- Decimals add up the same in any order.
drops as (
    select
        model_version,
        feature,
        count(*) as deal_count,
        cast(sum(cast(value as decimal(38,15))) as double) / count(*) as importance,
        cast(sum(cast(value * value as decimal(38,15))) as double) / count(*)
            as mean_square
    from model_explanations
    group by model_version, feature
),

final as (
    select
        fitted_models.target,
        fitted_models.algorithm,
        fitted_models.fold,
        drops.model_version,
        fitted_models.final_model_version,
        drops.feature,
        drops.importance,
        sqrt(greatest(drops.mean_square - drops.importance * drops.importance, 0))
            as importance_spread,
        cast(
            row_number() over (
                partition by drops.model_version
                order by drops.importance desc, drops.feature asc
            )
            as integer
        ) as importance_rank,
        coefficients.value as coefficient,
        case when fitted_models.kind = 'binary' then exp(coefficients.value) end
            as odds_ratio
    from drops
    inner join fitted_models
        on drops.model_version = fitted_models.model_version
    left join coefficients
        on
            drops.model_version = coefficients.model_version
            and drops.feature = coefficients.feature
)

select * from final
