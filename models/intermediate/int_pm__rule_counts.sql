with itemsets as (
    select * from {{ ref('int_pm__frequent_itemsets') }}
),

itemset_counts as (
    select * from {{ ref('int_pm__itemset_counts') }}
),

frequent_items as (
    select * from {{ ref('int_pm__frequent_items') }}
),

item_basket_sizes as (
    select * from {{ ref('int_pm__item_basket_sizes') }}
),

items_counted as (
    select count(*) as item_count
    from frequent_items
),

-- An item's row for each size, for each itemset that holds it.
itemset_elements as (
    select
        item_ranks,
        basket_size,
        basket_count,
        {{ pm_unnest('item_ranks') }} as item_rank
    from itemset_counts
    where item_count < {{ var('pm_basket_max_items') }}
),

itemset_sizes as (
    select
        itemset_elements.item_ranks,
        itemset_elements.basket_size,
        max(itemset_elements.basket_count) as basket_count,
        cast(sum(cast(item_basket_sizes.absent_share as decimal(38, 15))) as double)
            as absent_share
    from itemset_elements
    inner join frequent_items
        on itemset_elements.item_rank = frequent_items.item_rank
    inner join item_basket_sizes
        on
            frequent_items.item_id = item_basket_sizes.item_id
            and itemset_elements.basket_size = item_basket_sizes.basket_size
    group by itemset_elements.item_ranks, itemset_elements.basket_size
),

-- Each frequent itemset, with each item that is not in it, was a rule to be found.
rules_tested as (
    select
        itemsets.item_count as antecedent_item_count,
        count(*) * max(items_counted.item_count - itemsets.item_count)
            as tested_rule_count
    from itemsets
    cross join items_counted
    group by itemsets.item_count
),

consequents as (
    select
        item_ranks,
        basket_count,
        total_basket_count,
        {{ pm_unnest('item_ranks') }} as consequent_rank
    from itemsets
    where item_count >= 2
),

antecedents as (
    select
        *,
        {{ pm_array_without('item_ranks', 'consequent_rank') }} as antecedent_ranks
    from consequents
),

rules_counted as (
    select
        itemsets.itemset_number as antecedent_number,
        itemsets.item_ranks as antecedent_ranks,
        frequent_items.item_rank as consequent_rank,
        itemsets.itemset_key as antecedent_key,
        frequent_items.item_id as consequent_item,
        itemsets.items as antecedent_items,
        itemsets.item_names as antecedent_name,
        itemsets.item_count as antecedent_item_count,
        antecedents.basket_count,
        itemsets.basket_count as antecedent_basket_count,
        frequent_items.basket_count as consequent_basket_count,
        antecedents.total_basket_count
    from antecedents
    inner join itemsets
        on antecedents.antecedent_ranks = itemsets.item_ranks
    inner join frequent_items
        on antecedents.consequent_rank = frequent_items.item_rank
),

rules_expected as (
    select
        rules_counted.antecedent_number,
        rules_counted.consequent_rank,
        {{ pm_expected_basket_count('antecedent_sizes', 'consequent_sizes') }}
            as expected_basket_count,
        {{ pm_eligible_basket_count('antecedent_sizes', 'consequent_sizes') }}
            as eligible_basket_count
    from rules_counted
    inner join itemset_sizes as antecedent_sizes
        on rules_counted.antecedent_ranks = antecedent_sizes.item_ranks
    inner join item_basket_sizes as consequent_sizes
        on
            rules_counted.consequent_item = consequent_sizes.item_id
            and antecedent_sizes.basket_size = consequent_sizes.basket_size
    where antecedent_sizes.basket_size > rules_counted.antecedent_item_count
    group by rules_counted.antecedent_number, rules_counted.consequent_rank
),

final as (
    select
        rules_counted.antecedent_key,
        rules_counted.consequent_item,
        rules_counted.antecedent_ranks,
        rules_counted.consequent_rank,
        rules_counted.antecedent_items,
        rules_counted.antecedent_name,
        rules_counted.antecedent_item_count,
        rules_counted.basket_count,
        rules_counted.antecedent_basket_count,
        rules_counted.consequent_basket_count,
        rules_counted.total_basket_count,
        rules_expected.expected_basket_count,
        rules_expected.eligible_basket_count,
        rules_tested.tested_rule_count
    from rules_counted
    inner join rules_expected
        on
            rules_counted.antecedent_number = rules_expected.antecedent_number
            and rules_counted.consequent_rank = rules_expected.consequent_rank
    inner join rules_tested
        on rules_counted.antecedent_item_count = rules_tested.antecedent_item_count
)

select * from final
