with judged_predictions as (
    select * from {{ ref('ml_pm__judged_predictions') }}
    where kind = 'binary'
),

predictions_ranked as (
    select
        *,
        cast(label as bigint) as is_buyer,
        rank() over (partition by model_version order by prediction desc)
            as probability_rank,
        count(*) over (partition by model_version) as customer_count,
        sum(cast(label as bigint)) over (partition by model_version) as buyer_count
    from judged_predictions
),

deciles as (
    select
        target,
        algorithm,
        fold,
        model_version,
        as_of_date as evaluation_date,
        {{ pm_decile('prediction', 'probability_rank', 'customer_count') }} as decile,
        count(*) as customer_count,
        sum(is_buyer) as buyer_count,
        round(avg(prediction), 9) as mean_probability,
        avg(is_buyer) as observed_rate,
        max(buyer_count) as total_buyer_count,
        max(customer_count) as total_customer_count
    from predictions_ranked
    group by
        target,
        algorithm,
        fold,
        model_version,
        as_of_date,
        {{ pm_decile('prediction', 'probability_rank', 'customer_count') }}
),

final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        evaluation_date,
        decile,
        cast(customer_count as bigint) as customer_count,
        cast(buyer_count as bigint) as buyer_count,
        mean_probability,
        observed_rate,
        observed_rate * total_customer_count / nullif(total_buyer_count, 0) as lift,
        sum(buyer_count) over (
            partition by model_version order by decile
            rows between unbounded preceding and current row
        ) / cast(nullif(total_buyer_count, 0) as double) as cumulative_gain
    from deciles
)

select * from final
