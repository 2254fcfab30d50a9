-- A return is matched to a sale, not later, of the same item to the same customer.
select
    return_matches.return_order_line_id,
    return_matches.sale_order_line_id
from {{ ref('int_pm__return_matches') }} as return_matches
left join {{ ref('pm__order_lines') }} as returns
    on return_matches.return_order_line_id = returns.order_line_id
left join {{ ref('pm__order_lines') }} as sales
    on return_matches.sale_order_line_id = sales.order_line_id
where
    not coalesce(
        returns.is_return
        and not sales.is_return
        and returns.customer_id = sales.customer_id
        and returns.item_id = sales.item_id
        and sales.ordered_at <= returns.ordered_at
        and return_matches.sale_order_id = sales.order_id
        and return_matches.returned_at = returns.ordered_at
        and return_matches.is_same_price = (returns.unit_price = sales.unit_price),
        false
    )
