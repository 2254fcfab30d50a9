with customer_metrics as (
    select * from {{ ref('ml_pm__recommender_customer_metrics') }}
),

customers as (
    select distinct
        customer_id,
        segment = 'no_order' as is_new
    from customer_metrics
),

-- New customers are drawn apart: a growing shop has so many that few others were left.
customers_ranked as (
    select
        customer_id,
        row_number() over (
            partition by is_new
            order by md5(customer_id), customer_id
        ) as sampling_rank
    from customers
),

customers_sampled as (
    select customer_id
    from customers_ranked
    where sampling_rank <= {{ var('pm_recommendation_bootstrap_customers') }}
),

draws as (
    {{ dbt.generate_series(var('pm_recommendation_bootstrap_draws')) }}
),

-- Each method is drawn with the same weights, so that their difference is a paired one.
weights as (
    -- Draw 0 is the sample as it is.
    select
        customer_id,
        0 as draw,
        1 as weight
    from customers_sampled

    union all

    select
        customers_sampled.customer_id,
        draws.generated_number as draw,
        {{ pm_poisson_weight(pm_hash_uniform(
            "customers_sampled.customer_id || ':' || cast(draws.generated_number as string) || ':"
            ~ var('pm_random_seed') ~ "'"
        )) }} as weight
    from customers_sampled
    cross join draws
),

segments_summed as (
    select
        customer_metrics.method,
        customer_metrics.list,
        customer_metrics.k,
        customer_metrics.segment,
        weights.draw,
        sum(weights.weight) as customer_count
        {%- for metric in pm_ranking_metrics() -%}
            ,
            sum(
                weights.weight
                * cast(customer_metrics.{{ metric }} as decimal(18,12))
            ) as {{ metric }}_sum
        {%- endfor %}
    from customer_metrics
    inner join weights
        on customer_metrics.customer_id = weights.customer_id
    where weights.weight > 0
    group by
        customer_metrics.method,
        customer_metrics.list,
        customer_metrics.k,
        customer_metrics.segment,
        weights.draw
),

segments_and_all as (
    select * from segments_summed

    union all

    select
        method,
        list,
        k,
        'all' as segment,
        draw,
        sum(customer_count) as customer_count
        {%- for metric in pm_ranking_metrics() -%}
            ,
            sum({{ metric }}_sum) as {{ metric }}_sum
        {%- endfor %}
    from segments_summed
    where segment != 'no_order'
    group by method, list, k, draw
),

means as (
    select
        method,
        list,
        k,
        segment,
        draw,
        customer_count
        {%- for metric in pm_ranking_metrics() -%}
            ,
            cast({{ metric }}_sum as double) / customer_count as {{ metric }}
        {%- endfor %}
    from segments_and_all
),

baselines as (
    select
        list,
        k,
        segment,
        draw,
        max(ndcg) as ndcg
    from means
    where {{ pm_is_popularity_method('method') }}
    group by list, k, segment, draw
),

final as (
    select
        means.method,
        means.list,
        means.k,
        means.segment,
        means.draw,
        means.customer_count
        {%- for metric in pm_ranking_metrics() -%}
            ,
            means.{{ metric }}
        {%- endfor %},
        means.ndcg / nullif(baselines.ndcg, 0) as lift_over_popularity
    from means
    left join baselines
        on
            means.list = baselines.list
            and means.k = baselines.k
            and means.segment = baselines.segment
            and means.draw = baselines.draw
)

select * from final
