with model_comparison as (
    select * from {{ ref('ml_pm__model_comparison') }}
),

final as (
    select
        target,
        algorithm,
        model_version,
        origin_count,
        origins_won,
        gain,
        gain_lower,
        gain_upper,
        training_gap,
        coalesce(is_overfit, false) as is_overfit,
        failed_criteria,
        is_champion,
        grade,
        status
    from model_comparison
)

select * from final
