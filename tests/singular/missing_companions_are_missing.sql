-- What a basket is said to hold is in it, what it is said to lack is not, and no older
-- basket is looked at: each against the public order lines.
{% set item = 'item_id' if var('pm_basket_level') == 'item' else 'category' %}
with missing_companions as (
    select * from {{ ref('pm__missing_companions') }}
),

sales as (
    select distinct
        order_id,
        {{ item }} as item_id
    from {{ ref('pm__order_lines') }}
    where not is_return and {{ item }} is not null
)

select
    missing_companions.order_id,
    missing_companions.item_id,
    missing_companions.companion_item_id
from missing_companions
left join sales as sales_of_item
    on
        missing_companions.order_id = sales_of_item.order_id
        and missing_companions.item_id = sales_of_item.item_id
left join sales as sales_of_companion
    on
        missing_companions.order_id = sales_of_companion.order_id
        and missing_companions.companion_item_id = sales_of_companion.item_id
where
    sales_of_item.item_id is null
    or sales_of_companion.item_id is not null
    or missing_companions.ordered_at >= missing_companions.as_of_date
    or missing_companions.ordered_at < {{ dbt.dateadd(
        'day', -var('pm_missing_companion_days'), 'missing_companions.as_of_date'
    ) }}
