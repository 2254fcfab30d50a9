with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
),

final as (
    select
        model_version,
        target,
        algorithm,
        fold,
        component,
        feature,
        position,
        value,
        case
            when component = 'coefficient' and kind = 'binary' then exp(value)
        end as odds_ratio
    from model_parameters
)

select * from final
