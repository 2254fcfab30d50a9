with transition_models as (
    select * from {{ ref('ml_pm__transition_models') }}
    where fit = 'all' and component = 'forecast'
),

last_months as (
    select max(snapshot_date) as forecast_from
    from {{ ref('int_pm__snapshot_calendar') }}
    where is_month_start
),

final as (
    select
        transition_models.scheme,
        transition_models.from_segment as segment,
        cast(transition_models.step as integer) as months_ahead,
        cast({{ dbt.dateadd(
            'month', 'cast(transition_models.step as integer)', 'last_months.forecast_from'
        ) }} as date) as forecast_date,
        transition_models.model_version,
        transition_models.value as customer_count,
        -- Rounded, since a sum of doubles ends in digits that depend on the threads.
        round(
            transition_models.value
            / sum(transition_models.value) over (
                partition by transition_models.scheme, transition_models.step
            ),
            9
        ) as share_of_customers
    from transition_models
    cross join last_months
)

select * from final
