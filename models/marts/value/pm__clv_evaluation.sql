with clv_evaluation as (
    select * from {{ ref('ml_pm__clv_evaluation') }}
),

clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
    where split = 'test'
),

final as (
    select
        model,
        model_version,
        as_of_date as evaluation_date,
        holdout_days as horizon_days,
        metric,
        value,
        lower,
        upper,
        baseline_value,
        grade
    from clv_evaluation

    union all

    -- Not a forecast: what Gamma-Gamma takes for granted.
    select
        clv_models.model,
        clv_models.model_version,
        clv_calendar.as_of_date as evaluation_date,
        clv_calendar.holdout_days as horizon_days,
        'frequency_value_correlation' as metric,
        clv_models.value,
        clv_models.lower,
        clv_models.upper,
        cast(null as double) as baseline_value,
        cast(null as {{ dbt.type_string() }}) as grade
    from clv_models
    cross join clv_calendar
    where clv_models.parameter = 'correlation'
)

select * from final
