-- Return matches made again by another road, where one return follows several sales of
-- an item to a customer: from the latest sale before it backwards until all is matched.
with moves as (
    select
        order_line_id,
        order_id,
        customer_id,
        item_id,
        unit_price,
        ordered_at,
        is_return,
        abs(quantity) as units
    from {{ ref('stg_pm__order_lines') }}
    where not is_anonymous
),

pairs as (
    select
        customer_id,
        item_id
    from moves
    group by customer_id, item_id
    having
        sum(case when is_return then 1 else 0 end) = 1
        and sum(case when is_return then 0 else 1 end) >= 2
),

sales_before_return as (
    select
        returns.order_line_id as return_order_line_id,
        sales.order_line_id as sale_order_line_id,
        returns.units as returned_units,
        sales.units,
        sum(sales.units) over (
            partition by returns.order_line_id
            order by
                sales.ordered_at desc, sales.order_id desc, sales.unit_price desc,
                sales.units desc, sales.order_line_id desc
            rows between unbounded preceding and current row
        ) as units_so_far
    from pairs
    inner join moves as returns
        on
            pairs.customer_id = returns.customer_id
            and pairs.item_id = returns.item_id
            and returns.is_return
    inner join moves as sales
        on
            pairs.customer_id = sales.customer_id
            and pairs.item_id = sales.item_id
            and not sales.is_return
            and returns.ordered_at >= sales.ordered_at
),

expected as (
    select
        return_order_line_id,
        sale_order_line_id,
        least(units, returned_units - (units_so_far - units)) as quantity
    from sales_before_return
    where units_so_far - units < returned_units
),

found as (
    select return_matches.*
    from {{ ref('int_pm__return_matches') }} as return_matches
    inner join moves
        on return_matches.return_order_line_id = moves.order_line_id
    inner join pairs
        on
            moves.customer_id = pairs.customer_id
            and moves.item_id = pairs.item_id
)

select
    coalesce(expected.return_order_line_id, found.return_order_line_id)
        as return_order_line_id,
    coalesce(expected.sale_order_line_id, found.sale_order_line_id)
        as sale_order_line_id,
    expected.quantity as expected_quantity,
    found.quantity as found_quantity
from expected
full outer join found
    on
        expected.return_order_line_id = found.return_order_line_id
        and expected.sale_order_line_id = found.sale_order_line_id
where coalesce(expected.quantity, 0) != coalesce(found.quantity, 0)
