-- Each pair of categories counted again from the public order lines, as the share of
-- orders that hold both among those that hold either, without any self-join.
with sales as (
    select distinct
        order_id,
        category
    from {{ ref('pm__order_lines') }}
    where
        not is_return
        and category is not null
        and not {{ pm_is_excluded_from_baskets('item_id', 'category') }}
),

baskets as (
    select order_id
    from sales
    group by order_id
    having count(*) <= {{ var('pm_basket_max_size') }}
),

category_affinity as (
    select * from {{ ref('pm__category_affinity') }}
),

-- An order that holds one of the two gives one row, one that holds both gives two.
orders_of_pairs as (
    select
        category_affinity.category_a,
        category_affinity.category_b,
        sales.order_id,
        count(*) as categories_held
    from category_affinity
    inner join sales
        on
            category_affinity.category_a = sales.category
            or category_affinity.category_b = sales.category
    inner join baskets
        on sales.order_id = baskets.order_id
    group by category_affinity.category_a, category_affinity.category_b, sales.order_id
),

counted as (
    select
        category_a,
        category_b,
        count(*) as either_count,
        sum(case when categories_held = 2 then 1 else 0 end) as both_count
    from orders_of_pairs
    group by category_a, category_b
)

select
    category_affinity.category_a,
    category_affinity.category_b,
    category_affinity.basket_count,
    counted.both_count
from category_affinity
left join counted
    on
        category_affinity.category_a = counted.category_a
        and category_affinity.category_b = counted.category_b
where
    counted.both_count is distinct from category_affinity.basket_count
    or counted.either_count
    != category_affinity.basket_count_a
    + category_affinity.basket_count_b
    - category_affinity.basket_count
