with item_pairs as (
    select * from {{ ref('pm__item_pairs') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
),

-- Each pair both ways, of which the one with the categories in order stays.
pairs_both_ways as (
    {% for first, second in [('a', 'b'), ('b', 'a')] %}
        select
            item_{{ first }} as item_a,
            item_{{ second }} as item_b,
            basket_count,
            expected_basket_count,
            support,
            confidence_{{ first }}_to_{{ second }} as confidence_a_to_b,
            confidence_{{ second }}_to_{{ first }} as confidence_b_to_a,
            lift,
            leverage,
            q_value
        from item_pairs
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

pairs_placed as (
    select
        items_a.category as category_a,
        items_b.category as category_b,
        items_a.item_name as item_name_a,
        items_b.item_name as item_name_b,
        pairs_both_ways.*
    from pairs_both_ways
    inner join items as items_a
        on pairs_both_ways.item_a = items_a.item_id
    inner join items as items_b
        on pairs_both_ways.item_b = items_b.item_id
    where
        -- A pair of categories is in pm__category_affinity.
        {{ var('pm_basket_level') == 'item' }}
        and (
            items_a.category < items_b.category
            or (
                items_a.category = items_b.category
                and pairs_both_ways.item_a < pairs_both_ways.item_b
            )
        )
),

final as (
    select
        category_a,
        category_b,
        item_a,
        item_b,
        item_name_a,
        item_name_b,
        row_number() over (
            partition by category_a, category_b
            order by
                basket_count / expected_basket_count desc,
                basket_count desc,
                item_a asc,
                item_b asc
        ) as affinity_rank,
        basket_count,
        expected_basket_count,
        support,
        confidence_a_to_b,
        confidence_b_to_a,
        lift,
        leverage,
        q_value,
        category_a = category_b as is_same_category
    from pairs_placed
)

select * from final
