-- The fifty most frequent pairs, counted again without any pruning or numbering: orders
-- that sold both before as_of_date, among those of at most pm_basket_max_size different
-- items, without those that pm_basket_excluded_items names.
{% set item = 'item_id' if var('pm_basket_level') == 'item' else 'category' %}
with item_pairs as (
    select *
    from {{ ref('pm__item_pairs') }}
    order by basket_count desc, item_a asc, item_b asc
    limit 50
),

sales as (
    select
        order_id,
        {{ item }} as item_id
    from {{ ref('pm__order_lines') }}
    where
        not is_return
        and {{ item }} is not null
        and not {{ pm_is_excluded_from_baskets('item_id', 'category') }}
),

baskets as (
    select order_id
    from sales
    group by order_id
    having count(distinct item_id) <= {{ var('pm_basket_max_size') }}
),

pairs_counted as (
    select
        item_pairs.item_a,
        item_pairs.item_b,
        count(distinct first_sales.order_id) as basket_count
    from item_pairs
    inner join sales as first_sales
        on item_pairs.item_a = first_sales.item_id
    inner join sales as second_sales
        on
            item_pairs.item_b = second_sales.item_id
            and first_sales.order_id = second_sales.order_id
    inner join baskets
        on first_sales.order_id = baskets.order_id
    group by item_pairs.item_a, item_pairs.item_b
),

items_counted as (
    select
        sales.item_id,
        count(distinct sales.order_id) as basket_count
    from sales
    inner join baskets
        on sales.order_id = baskets.order_id
    group by sales.item_id
)

select
    item_pairs.item_a,
    item_pairs.item_b,
    item_pairs.basket_count,
    pairs_counted.basket_count as expected_basket_count
from item_pairs
left join pairs_counted
    on
        item_pairs.item_a = pairs_counted.item_a
        and item_pairs.item_b = pairs_counted.item_b
left join items_counted as items_a
    on item_pairs.item_a = items_a.item_id
left join items_counted as items_b
    on item_pairs.item_b = items_b.item_id
where
    item_pairs.basket_count is distinct from pairs_counted.basket_count
    or item_pairs.basket_count_a is distinct from items_a.basket_count
    or item_pairs.basket_count_b is distinct from items_b.basket_count
    or item_pairs.total_basket_count != (select count(*) from baskets)
