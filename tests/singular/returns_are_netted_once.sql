-- No unit comes back twice and none comes back that was not sold: what is matched to a
-- line, on either side, is at most the units of the line, and a line that could still
-- give a unit to an unmatched return of the same customer and item lies after it.
with return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

order_lines as (
    select * from {{ ref('pm__order_lines') }}
),

units_matched as (
    select
        return_order_line_id as order_line_id,
        sum(quantity) as quantity
    from return_matches
    group by return_order_line_id

    union all

    select
        sale_order_line_id as order_line_id,
        sum(quantity) as quantity
    from return_matches
    group by sale_order_line_id
),

units_left_over as (
    select
        order_lines.*,
        abs(order_lines.quantity) - coalesce(units_matched.quantity, 0) as units_left
    from order_lines
    left join units_matched
        on order_lines.order_line_id = units_matched.order_line_id
    where order_lines.customer_id is not null
)

select
    'more units matched than the line has' as problem,
    order_line_id
from units_left_over
where units_left < 0

union all

select
    'a sale was there for this return' as problem,
    returns.order_line_id
from units_left_over as returns
inner join units_left_over as sales
    on
        returns.customer_id = sales.customer_id
        and returns.item_id = sales.item_id
        and returns.ordered_at >= sales.ordered_at
where
    returns.is_return
    and not sales.is_return
    and returns.units_left > 0
    and sales.units_left > 0
