-- Whatever item is taken out of a frequent itemset, the rest is one too, and in at
-- least as many baskets.
with frequent_itemsets as (
    select * from {{ ref('pm__frequent_itemsets') }}
    where item_count >= 2
),

removals as (
    select
        itemset_key,
        items,
        basket_count,
        {{ pm_unnest('items') }} as removed_item
    from frequent_itemsets
),

parts as (
    select
        itemset_key,
        basket_count,
        {{ pm_array_without('items', 'removed_item') }} as part
    from removals
)

select
    parts.itemset_key,
    parts.part,
    parts.basket_count,
    found.basket_count as part_basket_count
from parts
left join {{ ref('pm__frequent_itemsets') }} as found
    on parts.part = found.items
where
    found.itemset_key is null
    or found.basket_count < parts.basket_count
