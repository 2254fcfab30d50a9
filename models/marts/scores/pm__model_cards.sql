with model_comparison as (
    select * from {{ ref('ml_pm__model_comparison') }}
    where is_champion
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
    where fold = 'final' and split = 'train'
),

targets as (
    select * from {{ ref('int_pm__targets') }}
),

algorithms as (
    select * from {{ ref('pm_algorithms') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

training_days as (
    select
        min(as_of_date) as first_training_date,
        max(as_of_date) as last_training_date,
        count(*) as training_day_count
    from model_folds
),

final as (
    select
        as_of.as_of_date,
        model_comparison.target,
        targets.label as intended_use,
        model_comparison.model_version,
        model_comparison.algorithm,
        algorithms.label_{{ var('pm_language') }} as algorithm_label,
        {{ var('pm_horizon_days') }} as horizon_days,
        {{ var('pm_label_gap_days') }} as gap_days,
        training_days.first_training_date,
        training_days.last_training_date,
        cast(training_days.training_day_count as integer) as training_day_count,
        cast(fitted_models.train_rows as bigint) as training_row_count,
        cast(fitted_models.train_positives as bigint) as training_positive_count,
        fitted_models.train_mean as training_label_mean,
        fitted_models.feature_count,
        coalesce(fitted_models.is_calibrated = 1, false) as is_calibrated,
        coalesce(fitted_models.is_validated_later = 1, false) as is_validated_later,
        model_comparison.origin_count,
        model_comparison.origins_won,
        model_comparison.gain,
        model_comparison.gain_lower,
        model_comparison.gain_upper,
        coalesce(model_comparison.is_overfit, false) as is_overfit,
        model_comparison.grade,
        model_comparison.status,
        algorithms.limits_{{ var('pm_language') }} as limits,
        '{{ pm_project_version() }}' as code_version
    from model_comparison
    inner join fitted_models
        on model_comparison.model_version = fitted_models.model_version
    inner join targets
        on model_comparison.target = targets.target
    inner join algorithms
        on model_comparison.algorithm = algorithms.algorithm
    cross join training_days
    cross join as_of
)

select * from final
