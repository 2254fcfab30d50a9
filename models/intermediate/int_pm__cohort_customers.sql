with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

orders_ranked as (
    select
        customer_id,
        order_id,
        country,
        channel,
        row_number() over (partition by customer_id order by ordered_at, order_id)
            as order_number
    from customer_orders
    where not is_return and customer_id is not null
),

first_orders as (
    select * from orders_ranked
    where order_number = 1
),

categories_summed as (
    select
        first_orders.customer_id,
        order_lines.category,
        sum(order_lines.net_amount) as net_amount
    from first_orders
    inner join order_lines
        on
            first_orders.order_id = order_lines.order_id
            and first_orders.customer_id = order_lines.customer_id
    where not order_lines.is_return and order_lines.category is not null
    group by first_orders.customer_id, order_lines.category
),

categories_ranked as (
    select
        customer_id,
        category,
        row_number() over (
            partition by customer_id order by net_amount desc, category asc
        ) as category_rank
    from categories_summed
),

final as (
    select
        customer_facts.customer_id,
        first_orders.country as first_country,
        first_orders.channel as first_channel,
        categories_ranked.category as first_category,
        customer_facts.cohort_month
    from customer_facts
    inner join first_orders
        on customer_facts.customer_id = first_orders.customer_id
    left join categories_ranked
        on
            customer_facts.customer_id = categories_ranked.customer_id
            and categories_ranked.category_rank = 1
    where
        customer_facts.cohort_month is not null
        and {{ var('pm_enable_segments') }}
)

select * from final
