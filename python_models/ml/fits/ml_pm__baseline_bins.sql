with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where algorithm = 'baseline' and component like 'bin_%'
),

final as (
    select
        model_version,
        target,
        kind,
        fold,
        position as bin,
        max(case when component = 'bin_lower' then value end) as lower,
        max(case when component = 'bin_upper' then value end) as upper,
        max(case when component = 'bin_value' then value end) as value
    from model_parameters
    group by model_version, target, kind, fold, position
)

select * from final
