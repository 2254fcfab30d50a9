{%- set names = dbt.listagg(
    'items.item_name', "' + '", 'order by frequent_items.item_id'
) -%}
with itemset_counts as (
    select * from {{ ref('int_pm__itemset_counts') }}
),

frequent_items as (
    select * from {{ ref('int_pm__frequent_items') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
    -- A category may have the code of an item, and is not that item.
    where {{ var('pm_basket_level') == 'item' }}
),

itemsets_counted as (
    select
        item_ranks,
        item_count,
        cast(sum(basket_count) as bigint) as basket_count
    from itemset_counts
    group by item_ranks, item_count
),

itemsets_numbered as (
    select
        *,
        cast(row_number() over (order by item_count, item_ranks) as integer)
            as itemset_number
    from itemsets_counted
),

itemset_elements as (
    select
        itemset_number,
        {{ pm_unnest('item_ranks') }} as item_rank
    from itemsets_numbered
),

itemsets_named as (
    select
        itemset_elements.itemset_number,
        {{ pm_sorted_array('frequent_items.item_id') }} as items,
        min(frequent_items.item_id) as first_item,
        max(frequent_items.total_basket_count) as total_basket_count,
        case
            when count(items.item_name) = count(*)
                then {{ names }}
        end as item_names
    from itemset_elements
    inner join frequent_items
        on itemset_elements.item_rank = frequent_items.item_rank
    left join items
        on frequent_items.item_id = items.item_id
    group by itemset_elements.itemset_number
),

final as (
    select
        itemsets_numbered.itemset_number,
        -- What begins with a bracket is always a JSON array, also for a single item.
        case
            when
                itemsets_numbered.item_count = 1
                and itemsets_named.first_item not like '[%'
                then itemsets_named.first_item
            else cast(to_json(itemsets_named.items) as string)
        end as itemset_key,
        itemsets_numbered.item_ranks,
        itemsets_named.items,
        itemsets_named.item_names,
        itemsets_numbered.item_count,
        itemsets_numbered.basket_count,
        itemsets_named.total_basket_count
    from itemsets_numbered
    inner join itemsets_named
        on itemsets_numbered.itemset_number = itemsets_named.itemset_number
)

select * from final
