-- Each customer is offered pm_recommendation_count items again; fewer only where no
-- more of what they kept is on offer and lies pm_recommendation_rebuy_days back.
with recommendations as (
    select * from {{ ref('pm__customer_recommendations') }}
    where list = 'buy_again'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

offers as (
    select item_id from {{ ref('int_pm__recommendation_offers') }}
),

items_bought as (
    select
        order_lines.customer_id,
        order_lines.item_id,
        max(order_lines.ordered_at) as last_ordered_at
    from {{ ref('pm__order_lines') }} as order_lines
    inner join offers
        on order_lines.item_id = offers.item_id
    where not order_lines.is_return and order_lines.customer_id is not null
    group by order_lines.customer_id, order_lines.item_id
    having
        max(
            case
                when order_lines.returned_quantity < order_lines.quantity then 1 else 0
            end
        ) = 1
),

expected as (
    select
        items_bought.customer_id,
        least({{ var('pm_recommendation_count') }}, count(*)) as expected_count
    from items_bought
    cross join as_of
    where items_bought.last_ordered_at < {{ dbt.dateadd(
        'day', -var('pm_recommendation_rebuy_days'), 'as_of.as_of_date'
    ) }}
    group by items_bought.customer_id
),

places_counted as (
    select
        customer_id,
        count(*) as item_count,
        max(rank) as last_rank
    from recommendations
    group by customer_id
)

select
    coalesce(expected.customer_id, places_counted.customer_id) as customer_id,
    expected.expected_count,
    places_counted.item_count,
    places_counted.last_rank
from expected
full join places_counted
    on expected.customer_id = places_counted.customer_id
where
    coalesce(places_counted.item_count, 0) != coalesce(expected.expected_count, 0)
    or coalesce(places_counted.last_rank, 0) != coalesce(expected.expected_count, 0)
