{%- set a_to_b = pm_rule_metrics(
    'basket_count', 'basket_count_a', 'basket_count_b', 'total_basket_count'
) -%}
{%- set b_to_a = pm_rule_metrics(
    'basket_count', 'basket_count_b', 'basket_count_a', 'total_basket_count'
) -%}
with category_pairs as (
    select * from {{ ref('int_pm__category_pairs') }}
),

pairs_measured as (
    select
        *,
        {{ a_to_b.support }} as support,
        {{ a_to_b.confidence }} as confidence_a_to_b,
        {{ b_to_a.confidence }} as confidence_b_to_a,
        {{ a_to_b.lift }} as lift,
        {{ a_to_b.leverage }} as leverage,
        {{ a_to_b.chi_squared }} as chi_squared
    from category_pairs
),

pairs_tested as (
    {{ pm_with_p_values('pairs_measured') }}
),

pairs_adjusted as (
    {{ pm_with_q_values('pairs_tested', 'tested_pair_count') }}
),

final as (
    select
        category_a,
        category_b,
        basket_count,
        basket_count_a,
        basket_count_b,
        total_basket_count,
        expected_basket_count,
        support,
        confidence_a_to_b,
        confidence_b_to_a,
        lift,
        leverage,
        chi_squared,
        p_value,
        q_value
    from pairs_adjusted
)

select * from final
