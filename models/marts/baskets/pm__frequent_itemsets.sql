with frequent_itemsets as (
    select * from {{ ref('int_pm__frequent_itemsets') }}
),

final as (
    select
        itemset_key,
        items,
        item_names,
        item_count,
        basket_count,
        total_basket_count,
        basket_count / cast(total_basket_count as double) as support
    from frequent_itemsets
)

select * from final
