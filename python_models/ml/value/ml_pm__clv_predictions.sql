with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'score'
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
    where split = 'score'
),

clv_horizons as (
    select * from {{ ref('int_pm__clv_horizons') }}
    where split = 'score' and has_interval
),

clv_states as (
    select * from {{ ref('ml_pm__clv_states') }}
    where split = 'score' and expected_order_value is not null
),

clv_order_outlook as (
    select * from {{ ref('ml_pm__clv_order_outlook') }}
    where split = 'score'
),

value_quantiles as (
    select * from {{ ref('ml_pm__clv_value_quantiles') }}
    where split = 'score'
),

customers_ahead as (
    select
        clv_histories.as_of_date,
        clv_histories.customer_id,
        clv_histories.repeat_count,
        clv_histories.age_days,
        clv_histories.repeat_count + 1 as order_days,
        cast(clv_histories.historic_value as double) as historic_value,
        clv_calendar.holdout_days,
        clv_horizons.horizon_days,
        clv_horizons.month_number
    from clv_histories
    inner join clv_calendar
        on clv_histories.split = clv_calendar.split
    inner join clv_horizons
        on clv_histories.split = clv_horizons.split
),

baselines as (
    select
        *,
        {{ pm_clv_baseline_value('historic_value', 'horizon_days') }} as baseline_value,
        {{ pm_clv_baseline_value('order_days', 'horizon_days') }} as baseline_orders
    from customers_ahead
),

orders_expected as (
    select
        baselines.*,
        clv_states.model,
        clv_states.model_version,
        clv_states.probability_alive,
        clv_states.expected_order_value,
        clv_states.lower_percent,
        clv_states.upper_percent,
        clv_states.probability_alive * clv_order_outlook.expected_orders
            as expected_orders,
        clv_states.probability_alive * clv_order_outlook.discounted_orders
            as discounted_orders
    from baselines
    left join clv_states
        on baselines.customer_id = clv_states.customer_id
    left join clv_order_outlook
        on
            clv_states.model = clv_order_outlook.model
            and baselines.repeat_count = clv_order_outlook.repeat_count
            and baselines.age_days = clv_order_outlook.age_days
            and baselines.horizon_days = clv_order_outlook.horizon_days
),

values_bounded as (
    {{ pm_with_value_bounds('orders_expected', 'value_quantiles') }}
),

values_expected as (
    select
        *,
        -- Money that comes later counts less, in the interval as in the mean.
        expected_order_value * discounted_orders / nullif(expected_orders, 0)
            as discounted_order_value
    from values_bounded
),

final as (
    select
        as_of_date,
        customer_id,
        month_number as horizon_months,
        model,
        model_version,
        probability_alive,
        model is not null as is_modelled,
        baseline_value,
        historic_value,
        coalesce(expected_orders, baseline_orders) as expected_orders,
        coalesce(expected_order_value, historic_value / order_days)
            as expected_order_value,
        coalesce(discounted_orders * expected_order_value, baseline_value)
            as predicted_value,
        lower_in_orders * discounted_order_value as lower_value,
        upper_in_orders * discounted_order_value as upper_value
    from values_expected
)

select * from final
