-- The twenty most frequent itemsets of each number of items, counted again line by
-- line: orders that sold all of the items, among those of at most pm_basket_max_size.
{% set item = 'item_id' if var('pm_basket_level') == 'item' else 'category' %}
with itemsets_ranked as (
    select
        *,
        row_number() over (
            partition by item_count
            order by basket_count desc, itemset_key asc
        ) as frequency_rank
    from {{ ref('pm__frequent_itemsets') }}
),

itemset_items as (
    select
        itemset_key,
        item_count,
        {{ pm_unnest('items') }} as item_id
    from itemsets_ranked
    where frequency_rank <= 20
),

sales as (
    select distinct
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
    having count(*) <= {{ var('pm_basket_max_size') }}
),

itemsets_met as (
    select
        itemset_items.itemset_key,
        sales.order_id
    from itemset_items
    inner join sales
        on itemset_items.item_id = sales.item_id
    inner join baskets
        on sales.order_id = baskets.order_id
    group by itemset_items.itemset_key, sales.order_id
    having count(*) = max(itemset_items.item_count)
),

itemsets_counted as (
    select
        itemset_key,
        count(*) as basket_count
    from itemsets_met
    group by itemset_key
)

select
    itemsets_ranked.itemset_key,
    itemsets_ranked.basket_count,
    itemsets_counted.basket_count as expected_basket_count
from itemsets_ranked
left join itemsets_counted
    on itemsets_ranked.itemset_key = itemsets_counted.itemset_key
where
    itemsets_ranked.frequency_rank <= 20
    and itemsets_ranked.basket_count is distinct from itemsets_counted.basket_count
