{%- set column = 'item_id' if var('pm_basket_level') == 'item' else 'category' -%}
with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

basket_items as (
    select distinct
        order_id,
        {{ column }} as item_id
    from order_lines
    where
        not is_return
        and {{ column }} is not null
        and not {{ pm_is_excluded_from_baskets('item_id', 'category') }}
        and {{ var('pm_enable_baskets') }}
),

final as (
    select
        order_id,
        item_id,
        count(*) over (partition by order_id) as basket_size
    from basket_items
)

select * from final
