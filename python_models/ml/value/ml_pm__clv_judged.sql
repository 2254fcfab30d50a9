with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'test'
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
    where split = 'test' and holdout_days > 0
),

clv_states as (
    select * from {{ ref('ml_pm__clv_states') }}
    where split = 'test' and expected_order_value is not null
),

clv_order_outlook as (
    select * from {{ ref('ml_pm__clv_order_outlook') }}
    where split = 'test'
),

value_quantiles as (
    select * from {{ ref('ml_pm__clv_value_quantiles') }}
    where split = 'test'
),

spend_scores as (
    select * from {{ ref('ml_pm__clv_spend_scores') }}
    where split = 'test'
),

customers_ahead as (
    select
        clv_histories.as_of_date,
        clv_histories.customer_id,
        clv_histories.age_days,
        clv_histories.repeat_count + 1 as order_days,
        cast(clv_histories.historic_value as double) as historic_value,
        clv_histories.outcome_order_days,
        cast(clv_histories.outcome_value as double) as outcome_value,
        clv_calendar.holdout_days
    from clv_histories
    inner join clv_calendar
        on clv_histories.split = clv_calendar.split
),

customers as (
    select
        *,
        {{ pm_clv_baseline_value('historic_value', 'holdout_days') }} as baseline_value,
        {{ pm_clv_baseline_value('order_days', 'holdout_days') }} as baseline_orders
    from customers_ahead
),

orders_expected as (
    select
        clv_states.model,
        clv_states.model_version,
        clv_states.is_champion,
        clv_states.customer_id,
        clv_states.repeat_count,
        clv_states.age_days,
        clv_states.lower_percent,
        clv_states.upper_percent,
        clv_states.expected_order_value,
        clv_order_outlook.horizon_days,
        clv_states.probability_alive * clv_order_outlook.expected_orders
            as expected_orders
    from clv_states
    inner join clv_order_outlook
        on
            clv_states.model = clv_order_outlook.model
            and clv_states.repeat_count = clv_order_outlook.repeat_count
            and clv_states.age_days = clv_order_outlook.age_days
),

values_bounded as (
    {{ pm_with_value_bounds('orders_expected', 'value_quantiles') }}
),

predictions as (
    select
        model,
        model_version,
        is_champion,
        customer_id,
        expected_orders as predicted_orders,
        expected_orders * expected_order_value as predicted_value,
        case when is_champion then lower_in_orders * expected_order_value end
            as lower_value,
        case when is_champion then upper_in_orders * expected_order_value end
            as upper_value
    from values_bounded

    union all

    select
        'two_stage' as model,
        model_version,
        false as is_champion,
        customer_id,
        cast(null as double) as predicted_orders,
        predicted_spend as predicted_value,
        cast(null as double) as lower_value,
        cast(null as double) as upper_value
    from spend_scores
),

final as (
    select
        predictions.model,
        predictions.model_version,
        predictions.is_champion,
        customers.as_of_date,
        customers.customer_id,
        customers.holdout_days,
        predictions.predicted_orders,
        predictions.predicted_value,
        predictions.lower_value,
        predictions.upper_value,
        customers.baseline_orders,
        customers.baseline_value,
        customers.outcome_order_days,
        customers.outcome_value
    from customers
    inner join predictions
        on customers.customer_id = predictions.customer_id
)

select * from final
