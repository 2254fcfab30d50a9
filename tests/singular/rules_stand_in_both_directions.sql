-- Each pair is two rules, one a direction, unless its confidence is below
-- pm_basket_min_confidence; each rule's confidence is that of its own direction, and
-- both share the pair's p- and q-value.
with item_pairs as (
    select * from {{ ref('pm__item_pairs') }}
),

association_rules as (
    select
        consequent_item,
        confidence,
        p_value,
        q_value,
        {{ pm_unnest('antecedent_items') }} as antecedent_item
    from {{ ref('pm__association_rules') }}
    where antecedent_item_count = 1
),

rules_expected as (
    select
        item_a as antecedent_item,
        item_b as consequent_item,
        basket_count / cast(basket_count_a as double) as confidence,
        p_value,
        q_value
    from item_pairs

    union all

    select
        item_b as antecedent_item,
        item_a as consequent_item,
        basket_count / cast(basket_count_b as double) as confidence,
        p_value,
        q_value
    from item_pairs
)

select
    coalesce(rules_expected.antecedent_item, association_rules.antecedent_item)
        as antecedent_item,
    coalesce(rules_expected.consequent_item, association_rules.consequent_item)
        as consequent_item
from rules_expected
full outer join association_rules
    on
        rules_expected.antecedent_item = association_rules.antecedent_item
        and rules_expected.consequent_item = association_rules.consequent_item
where
    rules_expected.antecedent_item is null
    or (
        association_rules.antecedent_item is null
        and rules_expected.confidence >= {{ var('pm_basket_min_confidence') }}
    )
    or abs(rules_expected.confidence - association_rules.confidence) > 1e-12
    or abs(rules_expected.p_value - association_rules.p_value) > 1e-12
    or abs(rules_expected.q_value - association_rules.q_value) > 1e-12
