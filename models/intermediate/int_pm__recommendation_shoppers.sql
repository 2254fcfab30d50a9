with customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

customers as (
    select * from {{ ref('stg_pm__customers') }}
),

recommendation_customers as (
    select * from {{ ref('int_pm__recommendation_customers') }}
    where fold = 'final'
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

bought as (
    select * from {{ ref('int_pm__recommendation_bought') }}
),

customer_ids as (
    select customer_id from customer_facts
    union
    select customer_id from customers
),

prices_paid as (
    select
        customer_id,
        median(cast(net_amount as double) / cast(quantity as double)) as usual_price
    from order_lines
    where not is_return and not is_anonymous and quantity > 0
    group by customer_id
),

items_counted as (
    select
        customer_id,
        count(*) as bought_item_count
    from bought
    group by customer_id
),

final as (
    select
        customer_ids.customer_id,
        recommendation_customers.country,
        recommendation_customers.rfm_segment,
        coalesce(items_counted.bought_item_count, 0) as bought_item_count,
        prices_paid.usual_price
    from customer_ids
    left join recommendation_customers
        on customer_ids.customer_id = recommendation_customers.customer_id
    left join items_counted
        on customer_ids.customer_id = items_counted.customer_id
    left join prices_paid
        on customer_ids.customer_id = prices_paid.customer_id
    where {{ var('pm_enable_recommendations') }}
)

select * from final
