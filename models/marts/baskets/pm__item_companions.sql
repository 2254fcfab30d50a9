with item_pairs as (
    select * from {{ ref('pm__item_pairs') }}
),

pairs_both_ways as (
    {% for item, companion in [('a', 'b'), ('b', 'a')] %}
        select
            item_{{ item }} as item_id,
            item_{{ companion }} as companion_item_id,
            item_name_{{ item }} as item_name,
            item_name_{{ companion }} as companion_item_name,
            basket_count,
            basket_count_{{ item }} as item_basket_count,
            confidence_{{ item }}_to_{{ companion }} as confidence,
            lift,
            q_value
        from item_pairs
        where lift > 1 and q_value <= {{ var('pm_companion_max_q_value') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        item_id,
        companion_item_id,
        item_name,
        companion_item_name,
        row_number() over (
            partition by item_id
            order by confidence desc, lift desc, companion_item_id asc
        ) as companion_rank,
        basket_count,
        item_basket_count,
        confidence,
        lift,
        q_value
    from pairs_both_ways
)

select * from final
