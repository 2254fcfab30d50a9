with model_metrics as (
    select * from {{ ref('ml_pm__model_metrics') }}
),

final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        final_model_version,
        as_of_date as evaluation_date,
        metric,
        value,
        lower,
        upper,
        cast(baseline_value as double) as baseline_value,
        training_value,
        grade
    from model_metrics
)

select * from final
