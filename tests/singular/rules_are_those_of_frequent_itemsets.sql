-- Each frequent itemset gives a rule for each of its items, and nothing else does; a
-- rule's counts are those of the itemset, the antecedent and the consequent.
with frequent_itemsets as (
    select * from {{ ref('pm__frequent_itemsets') }}
),

consequents as (
    select
        items,
        basket_count,
        {{ pm_unnest('items') }} as consequent_item
    from frequent_itemsets
    where item_count >= 2
),

antecedents as (
    select
        *,
        {{ pm_array_without('items', 'consequent_item') }} as antecedent_items
    from consequents
),

rules_expected as (
    select
        whole.itemset_key as antecedent_key,
        antecedents.consequent_item,
        antecedents.basket_count,
        whole.basket_count as antecedent_basket_count,
        single.basket_count as consequent_basket_count
    from antecedents
    inner join frequent_itemsets as whole
        on antecedents.antecedent_items = whole.items
    inner join frequent_itemsets as single
        on
            single.item_count = 1
            and single.items
            = {{ dbt.array_construct(['antecedents.consequent_item']) }}
),

association_rules as (
    select * from {{ ref('pm__association_rules') }}
)

select
    coalesce(rules_expected.antecedent_key, association_rules.antecedent_key)
        as antecedent_key,
    coalesce(rules_expected.consequent_item, association_rules.consequent_item)
        as consequent_item
from rules_expected
full outer join association_rules
    on
        rules_expected.antecedent_key = association_rules.antecedent_key
        and rules_expected.consequent_item = association_rules.consequent_item
where
    rules_expected.antecedent_key is null
    or (
        association_rules.antecedent_key is null
        and rules_expected.basket_count
        / cast(rules_expected.antecedent_basket_count as double)
        >= {{ var('pm_basket_min_confidence') }}
    )
    or rules_expected.basket_count != association_rules.basket_count
    or rules_expected.antecedent_basket_count
    != association_rules.antecedent_basket_count
    or rules_expected.consequent_basket_count
    != association_rules.consequent_basket_count
