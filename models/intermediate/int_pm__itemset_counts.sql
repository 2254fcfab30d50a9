{#- Apriori: an itemset of k items is made of two of k - 1 items that differ in the last
    one, and counted only in the baskets that hold both. -#}
{%- set largest = var('pm_basket_max_items') -%}
{%- set single = dbt.array_construct(['frequent_items.item_rank']) | trim -%}
{%- set pair = dbt.array_construct(['first_rank', 'second_rank']) | trim -%}
with baskets as (
    select * from {{ ref('int_pm__baskets') }}
),

{# Not in the table of baskets, since a number in no order takes one thread to give. #}
baskets_numbered as {{ pm_materialized() }} (
    select
        {{ pm_row_number() }} as basket_number,
        basket_size,
        item_ranks
    from baskets
),

frequent_items as (
    select * from {{ ref('int_pm__frequent_items') }}
),

item_basket_sizes as (
    select * from {{ ref('int_pm__item_basket_sizes') }}
),

pairs as (
    select * from {{ ref('int_pm__pair_counts') }}
),

minimum as (
    select max(minimum_basket_count) as minimum_basket_count
    from frequent_items
),

basket_pairs as (
    {{ pm_array_pairs(
        'baskets_numbered', 'item_ranks', ['basket_number', 'basket_size']
    ) }}
),

itemsets_2 as (
    select
        first_rank as prefix_number,
        second_rank as last_rank,
        {{ pair }} as item_ranks,
        pair_number as itemset_number
    from pairs
),

-- Joined with the table of pairs, whose small size the engine knows.
occurrences_2 as {{ pm_materialized() }} (
    select
        basket_pairs.basket_number,
        basket_pairs.basket_size,
        pairs.first_rank as prefix_number,
        pairs.second_rank as last_rank,
        pairs.pair_number as itemset_number
    from basket_pairs
    inner join pairs
        on
            basket_pairs.first = pairs.first_rank
            and basket_pairs.second = pairs.second_rank
),

{% for k in range(3, largest + 1) %}
    {%- set shorter = 'itemsets_' ~ (k - 1) -%}
    {%- set shorter_occurrences = 'occurrences_' ~ (k - 1) -%}

    {# The two last items must be a frequent pair, or the whole cannot be frequent. In
       exists, because as a join it is taken before the baskets are compared. #}
    extensions_{{ k }} as {{ pm_materialized() }} (
        select
            firsts.basket_number,
            firsts.basket_size,
            firsts.itemset_number as prefix_number,
            seconds.last_rank
        from {{ shorter_occurrences }} as firsts
        inner join {{ shorter_occurrences }} as seconds
            on
                firsts.basket_number = seconds.basket_number
                and firsts.prefix_number = seconds.prefix_number
                and firsts.last_rank < seconds.last_rank
        where exists (
            select 1
            from pairs
            where
                pairs.first_rank = firsts.last_rank
                and pairs.second_rank = seconds.last_rank
        )
    ),

    extensions_{{ k }}_counted as (
        select
            prefix_number,
            last_rank
        from extensions_{{ k }}
        group by prefix_number, last_rank
        having count(*) >= (select minimum.minimum_basket_count from minimum)
    ),

    itemsets_{{ k }} as {{ pm_materialized() }} (
        select
            counted.prefix_number,
            counted.last_rank,
            {{ dbt.array_append('prefixes.item_ranks', 'counted.last_rank') }}
                as item_ranks,
            cast(
                row_number() over (
                    order by counted.prefix_number, counted.last_rank
                ) as integer
            ) as itemset_number
        from extensions_{{ k }}_counted as counted
        inner join {{ shorter }} as prefixes
            on counted.prefix_number = prefixes.itemset_number
    ),

    occurrences_{{ k }} as {{ pm_materialized() }} (
        select
            extensions_{{ k }}.basket_number,
            extensions_{{ k }}.basket_size,
            itemsets_{{ k }}.prefix_number,
            itemsets_{{ k }}.last_rank,
            itemsets_{{ k }}.itemset_number
        from extensions_{{ k }}
        inner join itemsets_{{ k }}
            on
                extensions_{{ k }}.prefix_number = itemsets_{{ k }}.prefix_number
                and extensions_{{ k }}.last_rank = itemsets_{{ k }}.last_rank
        {# Always true. Without a filter DuckDB 2.0 takes the itemsets for as many as
           the extensions and hashes the latter, a thousand times as many. #}
        where itemsets_{{ k }}.itemset_number > 0
    ),

{% endfor %}
{% for k in range(2, largest + 1) %}
    itemsets_{{ k }}_by_size as (
        select
            itemset_number,
            basket_size,
            count(*) as basket_count
        from occurrences_{{ k }}
        group by itemset_number, basket_size
    ),

{% endfor %}
final as (
    select
        {{ single }} as item_ranks,
        1 as item_count,
        cast(item_basket_sizes.basket_size as integer) as basket_size,
        item_basket_sizes.basket_count
    from item_basket_sizes
    inner join frequent_items
        on item_basket_sizes.item_id = frequent_items.item_id

    {% for k in range(2, largest + 1) %}
        union all

        select
            itemsets_{{ k }}.item_ranks,
            {{ k }} as item_count,
            by_size.basket_size,
            by_size.basket_count
        from itemsets_{{ k }}_by_size as by_size
        inner join itemsets_{{ k }}
            on by_size.itemset_number = itemsets_{{ k }}.itemset_number
    {% endfor %}
)

select * from final
