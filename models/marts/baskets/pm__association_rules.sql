with item_pairs as (
    select * from {{ ref('pm__item_pairs') }}
),

rules_both_ways as (
    {% for antecedent, consequent in [('a', 'b'), ('b', 'a')] %}
        select
            item_{{ antecedent }} as antecedent_key,
            item_{{ consequent }} as consequent_item,
            item_name_{{ antecedent }} as antecedent_name,
            item_name_{{ consequent }} as consequent_name,
            1 as antecedent_item_count,
            basket_count,
            basket_count_{{ antecedent }} as antecedent_basket_count,
            basket_count_{{ consequent }} as consequent_basket_count,
            support,
            confidence_{{ antecedent }}_to_{{ consequent }} as confidence,
            lift,
            leverage,
            conviction_{{ antecedent }}_to_{{ consequent }} as conviction,
            zhang_{{ antecedent }}_to_{{ consequent }} as zhang,
            jaccard,
            cosine,
            chi_squared,
            p_value,
            q_value
        from item_pairs
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        antecedent_key,
        consequent_item,
        antecedent_name,
        consequent_name,
        antecedent_item_count,
        basket_count,
        antecedent_basket_count,
        consequent_basket_count,
        support,
        confidence,
        lift,
        leverage,
        conviction,
        zhang,
        jaccard,
        cosine,
        chi_squared,
        p_value,
        q_value
    from rules_both_ways
    where confidence >= {{ var('pm_basket_min_confidence') }}
)

select * from final
