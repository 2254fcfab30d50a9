with basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
    where basket_size between 2 and {{ var('pm_basket_max_size') }}
),

frequent_items as (
    select * from {{ ref('int_pm__frequent_items') }}
),

items_collected as (
    select
        basket_items.order_id,
        max(basket_items.basket_size) as basket_size,
        {{ pm_sorted_array('frequent_items.item_rank') }} as item_ranks
    from basket_items
    inner join frequent_items
        on basket_items.item_id = frequent_items.item_id
    group by basket_items.order_id
    having count(*) > 1
),

final as (
    select
        cast(basket_size as integer) as basket_size,
        item_ranks
    from items_collected
)

select * from final
