with clv_judged as (
    select * from {{ ref('ml_pm__clv_judged') }}
),

customers_ranked as (
    select
        *,
        rank() over (partition by model order by predicted_value desc) as value_rank,
        count(*) over (partition by model) as customer_count
    from clv_judged
),

customers_in_deciles as (
    select
        *,
        {{ pm_decile('predicted_value', 'value_rank', 'customer_count') }} as decile
    from customers_ranked
),

final as (
    select
        model,
        model_version,
        as_of_date as evaluation_date,
        holdout_days as horizon_days,
        decile,
        count(*) as customer_count,
        cast(sum(case when outcome_value > 0 then 1 else 0 end) as bigint)
            as buyer_count,
        round(avg(predicted_orders), 9) as mean_predicted_orders,
        avg(outcome_order_days) as mean_orders,
        -- Money is summed as decimal: a sum of doubles depends on the order of rows.
        {%- for amount in ['predicted_value', 'outcome_value', 'baseline_value'] %}
            cast(sum(cast({{ amount }} as decimal(18,2))) / count(*) as decimal(18,2))
                as mean_{{ amount }},
        {%- endfor %}
        cast(sum(cast(predicted_value as decimal(18,2))) as decimal(18,2))
            as predicted_value,
        cast(sum(cast(outcome_value as decimal(18,2))) as decimal(18,2))
            as outcome_value
    from customers_in_deciles
    group by model, model_version, as_of_date, holdout_days, decile
)

select * from final
