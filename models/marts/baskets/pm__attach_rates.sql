{%- set column = 'item_id' if var('pm_basket_level') == 'item' else 'category' -%}
with basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
    -- A category may have the code of an item, and is not that item.
    where {{ var('pm_basket_level') == 'item' }}
),

item_companions as (
    select * from {{ ref('pm__item_companions') }}
    where companion_rank = 1
),

basket_revenues as (
    select
        order_id,
        {{ column }} as item_id,
        sum(net_amount) as revenue
    from order_lines
    where not is_return
    group by order_id, {{ column }}
),

baskets_priced as (
    select
        basket_items.item_id,
        basket_items.basket_size - 1 as other_item_count,
        sum(basket_revenues.revenue) over (partition by basket_items.order_id)
        - basket_revenues.revenue as other_revenue
    from basket_items
    inner join basket_revenues
        on
            basket_items.order_id = basket_revenues.order_id
            and basket_items.item_id = basket_revenues.item_id
),

baskets_counted as (
    select count(distinct order_id) as total_basket_count
    from basket_items
),

items_summed as (
    select
        item_id,
        count(*) as basket_count,
        sum(case when other_item_count > 0 then 1 else 0 end) as attached_basket_count,
        sum(other_item_count) as other_item_count,
        sum(other_revenue) as other_revenue
    from baskets_priced
    group by item_id
),

final as (
    select
        items_summed.item_id,
        items.item_name,
        items.category,
        items_summed.basket_count,
        baskets_counted.total_basket_count,
        cast(items_summed.attached_basket_count as bigint) as attached_basket_count,
        items_summed.attached_basket_count
        / cast(items_summed.basket_count as double) as attach_rate,
        items_summed.other_item_count
        / cast(items_summed.basket_count as double) as mean_other_item_count,
        cast(
            items_summed.other_revenue / cast(items_summed.basket_count as double)
            as decimal(18,2)
        ) as mean_other_revenue,
        item_companions.companion_item_id as top_companion_item_id,
        item_companions.companion_item_name as top_companion_item_name,
        item_companions.confidence as top_companion_attach_rate,
        item_companions.lift as top_companion_lift
    from items_summed
    cross join baskets_counted
    left join items
        on items_summed.item_id = items.item_id
    left join item_companions
        on items_summed.item_id = item_companions.item_id
)

select * from final
