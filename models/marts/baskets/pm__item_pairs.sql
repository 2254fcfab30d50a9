{%- set a_to_b = pm_rule_metrics(
    'basket_count', 'basket_count_a', 'basket_count_b', 'total_basket_count'
) -%}
{%- set b_to_a = pm_rule_metrics(
    'basket_count', 'basket_count_b', 'basket_count_a', 'total_basket_count'
) -%}
with pair_counts as (
    select * from {{ ref('int_pm__pair_counts') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
    -- A category may have the code of an item, and is not that item.
    where {{ var('pm_basket_level') == 'item' }}
),

pairs_measured as (
    select
        *,
        {{ a_to_b.support }} as support,
        {{ a_to_b.confidence }} as confidence_a_to_b,
        {{ b_to_a.confidence }} as confidence_b_to_a,
        {{ a_to_b.lift }} as lift,
        {{ a_to_b.leverage }} as leverage,
        {{ a_to_b.conviction }} as conviction_a_to_b,
        {{ b_to_a.conviction }} as conviction_b_to_a,
        {{ a_to_b.zhang }} as zhang_a_to_b,
        {{ b_to_a.zhang }} as zhang_b_to_a,
        {{ a_to_b.jaccard }} as jaccard,
        {{ a_to_b.cosine }} as cosine,
        {{ a_to_b.chi_squared }} as chi_squared
    from pair_counts
),

pairs_tested as (
    {{ pm_with_p_values('pairs_measured') }}
),

pairs_adjusted as (
    {{ pm_with_q_values('pairs_tested', 'tested_pair_count') }}
),

final as (
    select
        pairs_adjusted.item_a,
        pairs_adjusted.item_b,
        items_a.item_name as item_name_a,
        items_b.item_name as item_name_b,
        pairs_adjusted.basket_count,
        pairs_adjusted.basket_count_a,
        pairs_adjusted.basket_count_b,
        pairs_adjusted.total_basket_count,
        pairs_adjusted.expected_basket_count,
        pairs_adjusted.support,
        pairs_adjusted.confidence_a_to_b,
        pairs_adjusted.confidence_b_to_a,
        pairs_adjusted.lift,
        pairs_adjusted.leverage,
        pairs_adjusted.conviction_a_to_b,
        pairs_adjusted.conviction_b_to_a,
        pairs_adjusted.zhang_a_to_b,
        pairs_adjusted.zhang_b_to_a,
        pairs_adjusted.jaccard,
        pairs_adjusted.cosine,
        pairs_adjusted.chi_squared,
        pairs_adjusted.p_value,
        pairs_adjusted.q_value
    from pairs_adjusted
    left join items as items_a
        on pairs_adjusted.item_a = items_a.item_id
    left join items as items_b
        on pairs_adjusted.item_b = items_b.item_id
)

select * from final
