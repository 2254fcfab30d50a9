-- Every line counts in exactly one item: item totals are those of the lines.
with items as (
    select * from {{ ref('pm__items') }}
),

order_lines as (
    select * from {{ ref('pm__order_lines') }}
),

lines_summed as (
    select
        item_id,
        sum(net_amount) as net_revenue,
        count(distinct case when not is_return then order_id end) as order_count,
        sum(quantity) as quantity
    from order_lines
    group by item_id
)

select
    items.item_id,
    lines_summed.item_id as item_id_of_lines
from items
full outer join lines_summed
    on items.item_id = lines_summed.item_id
where
    items.item_id is null
    or items.net_revenue != coalesce(lines_summed.net_revenue, 0)
    or items.order_count != coalesce(lines_summed.order_count, 0)
    or items.quantity_sold - items.quantity_returned
    != coalesce(lines_summed.quantity, 0)
