{#- A subset of a subset may be surer than both, so confidences are handed up level by
    level. -#}
{%- set largest = var('pm_basket_max_items') - 1 -%}
with rules as (
    select
        antecedent_ranks,
        consequent_rank,
        antecedent_item_count,
        basket_count / cast(antecedent_basket_count as double) as confidence
    from {{ ref('int_pm__rule_counts') }}
),

removals as (
    select
        antecedent_ranks,
        consequent_rank,
        antecedent_item_count,
        {{ pm_unnest('antecedent_ranks') }} as removed_rank
    from rules
),

subsets as (
    select
        *,
        {{ pm_array_without('antecedent_ranks', 'removed_rank') }} as subset_ranks
    from removals
    where antecedent_item_count > 1
),

rules_of_1 as (
    select
        antecedent_ranks,
        consequent_rank,
        confidence as best_confidence,
        cast(null as double) as best_subset_confidence
    from rules
    where antecedent_item_count = 1
),

{% for n in range(2, largest + 1) %}
    rules_of_{{ n }} as (
        select
            rules.antecedent_ranks,
            rules.consequent_rank,
            greatest(max(rules.confidence), max(smaller.best_confidence))
                as best_confidence,
            max(smaller.best_confidence) as best_subset_confidence
        from rules
        inner join subsets
            on
                rules.antecedent_ranks = subsets.antecedent_ranks
                and rules.consequent_rank = subsets.consequent_rank
        inner join rules_of_{{ n - 1 }} as smaller
            on
                subsets.subset_ranks = smaller.antecedent_ranks
                and subsets.consequent_rank = smaller.consequent_rank
        where rules.antecedent_item_count = {{ n }}
        group by rules.antecedent_ranks, rules.consequent_rank
    ),

{% endfor %}
final as (
    {% for n in range(1, largest + 1) %}
        select
            antecedent_ranks,
            consequent_rank,
            best_subset_confidence
        from rules_of_{{ n }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
