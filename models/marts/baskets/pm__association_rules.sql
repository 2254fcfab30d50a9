{%- set metrics = pm_rule_metrics(
    'basket_count', 'antecedent_basket_count', 'consequent_basket_count',
    'total_basket_count'
) -%}
with rule_counts as (
    select * from {{ ref('int_pm__rule_counts') }}
),

rule_subsets as (
    select * from {{ ref('int_pm__rule_subsets') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
    -- A category may have the code of an item, and is not that item.
    where {{ var('pm_basket_level') == 'item' }}
),

rules_measured as (
    select
        *,
        {{ metrics.support }} as support,
        {{ metrics.confidence }} as confidence,
        {{ metrics.lift }} as lift,
        {{ metrics.leverage }} as leverage,
        {{ metrics.conviction }} as conviction,
        {{ metrics.zhang }} as zhang,
        {{ metrics.jaccard }} as jaccard,
        {{ metrics.cosine }} as cosine,
        {{ metrics.chi_squared }} as chi_squared
    from rule_counts
),

rules_tested as (
    {{ pm_with_p_values('rules_measured') }}
),

-- Before weak rules are left out: they were tested too.
rules_adjusted as (
    {{ pm_with_q_values(
        'rules_tested', 'tested_rule_count', family='antecedent_item_count'
    ) }}
),

final as (
    select
        rules_adjusted.antecedent_key,
        rules_adjusted.consequent_item,
        rules_adjusted.antecedent_items,
        rules_adjusted.antecedent_name,
        items.item_name as consequent_name,
        rules_adjusted.antecedent_item_count,
        rules_adjusted.basket_count,
        rules_adjusted.antecedent_basket_count,
        rules_adjusted.consequent_basket_count,
        rules_adjusted.total_basket_count,
        rules_adjusted.expected_basket_count,
        rules_adjusted.support,
        rules_adjusted.confidence,
        rules_adjusted.lift,
        rules_adjusted.leverage,
        rules_adjusted.conviction,
        rules_adjusted.zhang,
        rules_adjusted.jaccard,
        rules_adjusted.cosine,
        rules_adjusted.chi_squared,
        rules_adjusted.p_value,
        rules_adjusted.q_value,
        coalesce(
            rule_subsets.best_subset_confidence >= rules_adjusted.confidence, false
        ) as is_redundant
    from rules_adjusted
    inner join rule_subsets
        on
            rules_adjusted.antecedent_ranks = rule_subsets.antecedent_ranks
            and rules_adjusted.consequent_rank = rule_subsets.consequent_rank
    left join items
        on rules_adjusted.consequent_item = items.item_id
    where rules_adjusted.confidence >= {{ var('pm_basket_min_confidence') }}
)

select * from final
