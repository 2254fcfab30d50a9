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

drops_ranked as (
    select
        *,
        sqrt(greatest(mean_square - importance * importance, 0)) as importance_spread,
        row_number() over (
            partition by model_version order by importance desc, feature asc
        ) as importance_rank
    from drops
),

final as (
    select
        fitted_models.target,
        fitted_models.algorithm,
        fitted_models.fold,
        drops_ranked.model_version,
        fitted_models.final_model_version,
        drops_ranked.feature,
        drops_ranked.importance,
        drops_ranked.importance_spread,
        cast(drops_ranked.importance_rank as integer) as importance_rank,
        coefficients.value as coefficient,
        case when fitted_models.kind = 'binary' then exp(coefficients.value) end
            as odds_ratio
    from drops_ranked
    inner join fitted_models
        on drops_ranked.model_version = fitted_models.model_version
    left join coefficients
        on
            drops_ranked.model_version = coefficients.model_version
            and drops_ranked.feature = coefficients.feature
)

select * from final
