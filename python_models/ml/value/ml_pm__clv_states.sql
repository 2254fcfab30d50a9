with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split in ('test', 'score')
),

clv_order_models as (
    select * from {{ ref('ml_pm__clv_order_models') }}
    where is_usable
),

value_model as (
    select * from {{ ref('ml_pm__clv_value_model') }}
    where is_usable
),

histories_modelled as (
    select
        clv_histories.split,
        clv_histories.customer_id,
        clv_histories.repeat_count,
        clv_histories.active_days,
        clv_histories.age_days,
        clv_order_models.*,
        value_model.p,
        value_model.q,
        value_model.v,
        -- Only orders that brought money say what an order is worth.
        case
            when clv_histories.repeat_value > 0 then clv_histories.repeat_count
            else 0
        end as valued_count,
        cast(greatest(clv_histories.repeat_value, 0) as double) as repeat_value
    from clv_histories
    inner join clv_order_models
        on clv_histories.split = 'test' or clv_order_models.is_champion
    left join value_model
        on true
),

states_known as (
    select
        *,
        {{ pm_probability_alive() }} as probability_alive,
        p * (v + repeat_value) / (p * valued_count + q - 1) as expected_order_value
    from histories_modelled
),

final as (
    select
        model,
        model_version,
        split,
        customer_id,
        repeat_count,
        active_days,
        age_days,
        probability_alive,
        expected_order_value,
        is_champion,
        -- Percents of the distribution of someone who surely still is a customer.
        ceil(round(100 * (1 - 0.9 / probability_alive), 9)) as lower_percent,
        ceil(round(100 * (1 - 0.1 / probability_alive), 9)) as upper_percent
    from states_known
)

select * from final
