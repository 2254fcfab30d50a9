with order_days as (
    select * from {{ ref('int_pm__customer_order_days') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- The last months are kept out, so that a forecast of them can be judged.
learning_days as (
    select
        as_of_date,
        cast({{ dbt.dateadd(
            'month',
            -var('pm_forecast_test_months'),
            dbt.date_trunc('month', 'as_of_date'),
        ) }} as date) as learned_before
    from as_of
    where as_of_date is not null and {{ var('pm_enable_segments') }}
),

final as (
    {{ pm_gap_thresholds('order_days', 'learning_days') }}
)

select * from final
