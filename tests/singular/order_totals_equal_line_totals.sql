-- No order is multiplied or lost on the way from lines to orders: its totals are those
-- of its lines.
with orders as (
    select * from {{ ref('pm__orders') }}
),

order_lines as (
    select * from {{ ref('pm__order_lines') }}
),

lines_summed as (
    select
        order_id,
        count(*) as line_count,
        count(distinct customer_id) as customer_count,
        coalesce(
            min(case when not is_return then ordered_at end), max(ordered_at)
        ) as ordered_at,
        sum(net_amount) as net_revenue,
        sum(case when is_return then 0 else quantity end) as item_count,
        sum(case when is_return then 0 else gross_amount end) as gross_revenue,
        sum(case when is_return then -net_amount else 0 end) as returned_revenue,
        sum(case when is_return then 0 else returned_quantity end) as returned_quantity,
        max(case when is_return then 0 else 1 end) as has_sale
    from order_lines
    group by order_id
)

select
    orders.order_id,
    lines_summed.order_id as order_id_of_lines
from orders
full outer join lines_summed
    on orders.order_id = lines_summed.order_id
where
    orders.order_id is null
    or lines_summed.order_id is null
    or orders.line_count != lines_summed.line_count
    or orders.ordered_at != lines_summed.ordered_at
    or orders.net_revenue != lines_summed.net_revenue
    or orders.item_count != lines_summed.item_count
    or orders.gross_revenue != lines_summed.gross_revenue
    or orders.returned_revenue != lines_summed.returned_revenue
    or orders.is_return != (lines_summed.has_sale = 0)
    or orders.has_several_customers != (lines_summed.customer_count > 1)
    -- Units sold all came back exactly when the order says when.
    or (orders.fully_returned_at is not null) != (
        lines_summed.has_sale = 1
        and lines_summed.returned_quantity > 0
        and lines_summed.returned_quantity = lines_summed.item_count
    )
