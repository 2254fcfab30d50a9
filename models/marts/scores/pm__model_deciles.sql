with purchase_scores as (
    select * from {{ ref('ml_pm__purchase_scores') }}
    where split = 'test' and probability is not null
),

scores_ranked as (
    select
        *,
        rank() over (
            partition by target, model_version, as_of_date order by probability desc
        ) as probability_rank,
        count(*) over (partition by target, model_version, as_of_date)
            as customer_count,
        sum(label) over (partition by target, model_version, as_of_date)
            as buyer_count
    from purchase_scores
),

deciles as (
    select
        target,
        model_version,
        as_of_date as evaluation_date,
        {{ pm_decile('probability', 'probability_rank', 'customer_count') }} as decile,
        count(*) as customer_count,
        sum(label) as buyer_count,
        round(avg(probability), 9) as mean_probability,
        avg(label) as observed_rate,
        max(buyer_count) as total_buyer_count,
        max(customer_count) as total_customer_count
    from scores_ranked
    group by
        target,
        model_version,
        as_of_date,
        {{ pm_decile('probability', 'probability_rank', 'customer_count') }}
),

final as (
    select
        target,
        model_version,
        evaluation_date,
        decile,
        cast(customer_count as bigint) as customer_count,
        cast(buyer_count as bigint) as buyer_count,
        mean_probability,
        observed_rate,
        observed_rate * total_customer_count / nullif(total_buyer_count, 0) as lift,
        sum(buyer_count) over (
            partition by target, model_version, evaluation_date order by decile
            rows between unbounded preceding and current row
        ) / cast(nullif(total_buyer_count, 0) as double) as cumulative_gain
    from deciles
)

select * from final
