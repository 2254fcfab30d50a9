{%- set depths = pm_recommendation_depths() -%}
with recommender_lists as (
    select * from {{ ref('ml_pm__recommender_lists') }}
),

targets as (
    select * from {{ ref('int_pm__recommendation_targets') }}
    where fold = 'evaluate'
),

target_customers as (
    select * from {{ ref('int_pm__recommendation_target_customers') }}
),

depths as (
    {% for k in depths %}
        select {{ k }} as k
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

places as (
    {% for place in range(1, depths | last + 1) %}
        select {{ place }} as place
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Decimals, so that a sum is the same in whatever order it is made.
gains as (
    select
        place,
        cast(1 / log2(place + 1) as decimal(18,15)) as gain
    from places
),

-- The best that any list could do: nothing but targets from the first place on.
ideal_gains as (
    select
        place as target_count,
        sum(gain) over (order by place) as ideal_gain
    from gains
),

methods as (
    select distinct
        method,
        list
    from recommender_lists
),

customers_with_a_list as (
    select distinct
        list,
        customer_id
    from recommender_lists
    where method = 'blend'
),

-- The same customers for each method: one for whom it lists nothing found nothing.
customers_judged as (
    select
        methods.method,
        methods.list,
        depths.k,
        target_customers.customer_id,
        target_customers.segment,
        target_customers.target_count,
        least(depths.k, target_customers.target_count) as findable_count
    from target_customers
    inner join customers_with_a_list
        on
            target_customers.list = customers_with_a_list.list
            and target_customers.customer_id = customers_with_a_list.customer_id
    inner join methods
        on target_customers.list = methods.list
    cross join depths
),

list_lengths as (
    select
        method,
        list,
        customer_id,
        count(*) as item_count
    from recommender_lists
    group by method, list, customer_id
),

hits as (
    select
        recommender_lists.method,
        recommender_lists.list,
        recommender_lists.customer_id,
        recommender_lists.rank,
        gains.gain,
        cast(
            row_number() over (
                partition by
                    recommender_lists.method,
                    recommender_lists.list,
                    recommender_lists.customer_id
                order by recommender_lists.rank
            ) / cast(recommender_lists.rank as double)
            as decimal(18,15)
        ) as precision_here
    from recommender_lists
    inner join targets
        on
            recommender_lists.list = targets.list
            and recommender_lists.customer_id = targets.customer_id
            and recommender_lists.item_id = targets.item_id
    inner join gains
        on recommender_lists.rank = gains.place
),

hits_summed as (
    select
        hits.method,
        hits.list,
        hits.customer_id,
        depths.k,
        count(*) as hit_count,
        min(hits.rank) as first_hit_rank,
        cast(sum(hits.gain) as double) as gain,
        cast(sum(hits.precision_here) as double) as precision_sum
    from hits
    inner join depths
        on hits.rank <= depths.k
    group by hits.method, hits.list, hits.customer_id, depths.k
),

final as (
    select
        customers_judged.method,
        customers_judged.list,
        customers_judged.k,
        customers_judged.customer_id,
        customers_judged.segment,
        customers_judged.target_count,
        least(coalesce(list_lengths.item_count, 0), customers_judged.k) as item_count,
        coalesce(hits_summed.hit_count, 0) as hit_count,
        case when hits_summed.hit_count > 0 then 1 else 0 end as hit_rate,
        coalesce(hits_summed.hit_count, 0)
        / cast(customers_judged.k as double) as precision,
        coalesce(hits_summed.hit_count, 0)
        / cast(customers_judged.target_count as double) as recall,
        coalesce(hits_summed.precision_sum, 0)
        / customers_judged.findable_count as map,
        coalesce(hits_summed.gain, 0) / cast(ideal_gains.ideal_gain as double) as ndcg,
        coalesce(1 / cast(hits_summed.first_hit_rank as double), 0) as mrr
    from customers_judged
    inner join ideal_gains
        on customers_judged.findable_count = ideal_gains.target_count
    left join list_lengths
        on
            customers_judged.method = list_lengths.method
            and customers_judged.list = list_lengths.list
            and customers_judged.customer_id = list_lengths.customer_id
    left join hits_summed
        on
            customers_judged.method = hits_summed.method
            and customers_judged.list = hits_summed.list
            and customers_judged.customer_id = hits_summed.customer_id
            and customers_judged.k = hits_summed.k
)

select * from final
