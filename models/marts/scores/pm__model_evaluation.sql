with purchase_evaluation as (
    select * from {{ ref('ml_pm__purchase_evaluation') }}
),

final as (
    select
        target,
        model_version,
        cast(as_of_date as date) as evaluation_date,
        metric,
        value,
        lower,
        upper,
        baseline_value,
        grade
    from purchase_evaluation
)

select * from final
