-- Customer facts against the public lines they come from. What an order sold belongs to
-- the time of its first sale, what came back under its id to that of its last return.
with customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

lines_per_order as (
    select
        customer_id,
        order_id,
        case when is_return then max(ordered_at) else min(ordered_at) end
            as order_dated_at,
        case when is_return then 0 else 1 end as sale_order_count,
        sum(case when is_return then 0 else quantity end) as item_count,
        sum(case when is_return then 0 else gross_amount end) as gross_revenue,
        sum(case when is_return then -net_amount else 0 end) as returned_revenue,
        sum(net_amount) as net_revenue
    from {{ ref('pm__order_lines') }}
    where customer_id is not null
    group by customer_id, order_id, is_return
),

lines_summed as (
    select
        lines_per_order.customer_id,
        sum(lines_per_order.sale_order_count) as order_count,
        sum(lines_per_order.item_count) as item_count,
        sum(lines_per_order.gross_revenue) as gross_revenue,
        sum(lines_per_order.returned_revenue) as returned_revenue,
        sum(lines_per_order.net_revenue) as net_revenue
    from lines_per_order
    inner join as_of
        on lines_per_order.order_dated_at < as_of.as_of_date
    group by lines_per_order.customer_id
)

select
    customer_facts.customer_id,
    lines_summed.customer_id as customer_id_of_lines
from customer_facts
full outer join lines_summed
    on customer_facts.customer_id = lines_summed.customer_id
where
    customer_facts.customer_id is null
    or lines_summed.customer_id is null
    or customer_facts.order_count != lines_summed.order_count
    or customer_facts.item_count != lines_summed.item_count
    or customer_facts.gross_revenue != lines_summed.gross_revenue
    or customer_facts.returned_revenue != lines_summed.returned_revenue
    or customer_facts.net_revenue != lines_summed.net_revenue
