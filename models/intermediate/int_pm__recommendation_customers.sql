with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
),

segments as (
    select * from {{ ref('int_pm__recommendation_segments') }}
),

buyers as (
    select distinct
        fold,
        customer_id
    from {{ ref('int_pm__recommendation_purchases') }}
),

orders_known as (
    select
        calendar.fold,
        customer_orders.customer_id,
        customer_orders.order_id,
        customer_orders.country,
        customer_orders.ordered_at
    from customer_orders
    inner join calendar
        on customer_orders.ordered_at < calendar.as_of_date
    where
        customer_orders.customer_id is not null
        and {{ pm_is_kept_order('customer_orders', 'calendar.as_of_date') }}
),

countries_ranked as (
    select
        fold,
        customer_id,
        country,
        row_number() over (
            partition by fold, customer_id
            order by ordered_at desc, order_id desc
        ) as country_rank
    from orders_known
    where country is not null
),

histories as (
    select
        fold,
        customer_id,
        count(*) as order_count,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders_known
    group by fold, customer_id
),

final as (
    select
        buyers.fold,
        buyers.customer_id,
        countries_ranked.country,
        segments.rfm_segment,
        histories.order_count,
        histories.first_ordered_at,
        histories.last_ordered_at
    from buyers
    inner join histories
        on
            buyers.fold = histories.fold
            and buyers.customer_id = histories.customer_id
    left join countries_ranked
        on
            histories.fold = countries_ranked.fold
            and histories.customer_id = countries_ranked.customer_id
            and countries_ranked.country_rank = 1
    left join segments
        on
            histories.fold = segments.fold
            and histories.customer_id = segments.customer_id
)

select * from final
