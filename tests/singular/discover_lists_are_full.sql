-- Each customer, also one without an order, is offered pm_recommendation_count items
-- never bought; fewer only where there are no more to offer.
with customers as (
    select customer_id from {{ ref('pm__customers') }}
),

recommendations as (
    select * from {{ ref('pm__customer_recommendations') }}
    where list = 'discover'
),

offers as (
    select item_id from {{ ref('int_pm__recommendation_offers') }}
),

items_bought as (
    select distinct
        order_lines.customer_id,
        order_lines.item_id
    from {{ ref('pm__order_lines') }} as order_lines
    inner join offers
        on order_lines.item_id = offers.item_id
    where not order_lines.is_return
),

offers_counted as (
    select count(*) as offer_count
    from offers
),

bought_counted as (
    select
        customer_id,
        count(*) as bought_count
    from items_bought
    group by customer_id
),

places_counted as (
    select
        customer_id,
        count(*) as item_count,
        max(rank) as last_rank
    from recommendations
    group by customer_id
),

expected as (
    select
        customers.customer_id,
        least(
            {{ var('pm_recommendation_count') }},
            offers_counted.offer_count - coalesce(bought_counted.bought_count, 0)
        ) as expected_count
    from customers
    cross join offers_counted
    left join bought_counted
        on customers.customer_id = bought_counted.customer_id
)

select
    expected.customer_id,
    expected.expected_count,
    places_counted.item_count,
    places_counted.last_rank
from expected
full join places_counted
    on expected.customer_id = places_counted.customer_id
where
    expected.customer_id is null
    or coalesce(places_counted.item_count, 0) != expected.expected_count
    or coalesce(places_counted.last_rank, 0) != expected.expected_count
