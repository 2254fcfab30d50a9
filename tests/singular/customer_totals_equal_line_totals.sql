-- Customer facts against the public lines they come from. An order, with all its lines,
-- belongs to the time of its first line.
with customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

lines_dated as (
    select
        *,
        min(ordered_at) over (partition by order_id, customer_id) as order_dated_at
    from {{ ref('pm__order_lines') }}
    where customer_id is not null
),

lines_summed as (
    select
        lines_dated.customer_id,
        count(
            distinct case when not lines_dated.is_return then lines_dated.order_id end
        ) as order_count,
        sum(case when lines_dated.is_return then 0 else lines_dated.quantity end)
            as item_count,
        sum(case when lines_dated.is_return then 0 else lines_dated.gross_amount end)
            as gross_revenue,
        sum(case when lines_dated.is_return then -lines_dated.net_amount else 0 end)
            as returned_revenue,
        sum(lines_dated.net_amount) as net_revenue
    from lines_dated
    inner join as_of
        on lines_dated.order_dated_at < as_of.as_of_date
    group by lines_dated.customer_id
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
