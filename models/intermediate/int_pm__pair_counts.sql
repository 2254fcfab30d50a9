with basket_items as (
    select
        order_id,
        item_id
    from {{ ref('int_pm__basket_items') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

baskets_counted as (
    select count(distinct order_id) as total_basket_count
    from basket_items
),

items_counted as (
    select
        item_id,
        count(*) as basket_count
    from basket_items
    group by item_id
),

-- A pair is at most as frequent as its rarer item, so rare items go before the join.
items_frequent as (
    select
        items_counted.item_id,
        items_counted.basket_count,
        baskets_counted.total_basket_count,
        cast(row_number() over (order by items_counted.item_id) as integer)
            as item_number
    from items_counted
    cross join baskets_counted
    where
        items_counted.basket_count
        >= {{ pm_minimum_basket_count('baskets_counted.total_basket_count') }}
),

basket_items_frequent as (
    select
        basket_items.order_id,
        items_frequent.item_number
    from basket_items
    inner join items_frequent
        on basket_items.item_id = items_frequent.item_id
),

pairs_counted as (
    select
        first_items.item_number as item_number_a,
        second_items.item_number as item_number_b,
        count(*) as basket_count
    from basket_items_frequent as first_items
    inner join basket_items_frequent as second_items
        on
            first_items.order_id = second_items.order_id
            and first_items.item_number < second_items.item_number
    group by first_items.item_number, second_items.item_number
),

final as (
    select
        items_a.item_id as item_a,
        items_b.item_id as item_b,
        pairs_counted.basket_count,
        items_a.basket_count as basket_count_a,
        items_b.basket_count as basket_count_b,
        items_a.total_basket_count
    from pairs_counted
    inner join items_frequent as items_a
        on pairs_counted.item_number_a = items_a.item_number
    inner join items_frequent as items_b
        on pairs_counted.item_number_b = items_b.item_number
    where
        pairs_counted.basket_count
        >= {{ pm_minimum_basket_count('items_a.total_basket_count') }}
)

select * from final
