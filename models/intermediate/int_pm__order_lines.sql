with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

outlier_bounds as (
    select
        max(case when measure = 'quantity' then upper_bound end) as quantity_bound,
        max(case when measure = 'net_amount' then upper_bound end) as net_amount_bound
    from {{ ref('int_pm__outlier_bounds') }}
),

-- One row per line before any join, so that a line is never multiplied.
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

final as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.customer_id,
        order_lines.item_id,
        items.item_name,
        coalesce(order_lines.category, items.category) as category,
        order_lines.channel,
        order_lines.country,
        order_lines.quantity,
        order_lines.unit_price,
        order_lines.discount_amount,
        coalesce(order_lines.unit_cost, items.unit_cost) as unit_cost,
        order_lines.gross_amount,
        order_lines.net_amount,
        -- Both ways, so that a return takes back no more than its sale was let in with.
        cast(
            greatest(
                least(order_lines.net_amount, outlier_bounds.net_amount_bound),
                -outlier_bounds.net_amount_bound
            )
            as decimal(18,2)
        ) as winsorised_net_amount,
        cast(coalesce(units_matched.quantity, 0) as decimal(18,3)) as returned_quantity,
        order_lines.flagged_rule,
        order_lines.passthrough,
        order_lines.is_return,
        order_lines.is_anonymous,
        coalesce(
            order_lines.quantity > outlier_bounds.quantity_bound
            or order_lines.net_amount > outlier_bounds.net_amount_bound,
            false
        ) as is_outlier,
        order_lines.is_item_code_fixed,
        coalesce(order_lines.item_name != items.item_name, false)
            as is_item_name_fixed,
        order_lines.is_quantity_imputed,
        order_lines.is_unit_price_imputed,
        order_lines.ordered_at
    from order_lines
    cross join outlier_bounds
    left join items
        on order_lines.item_id = items.item_id
    left join units_matched
        on order_lines.order_line_id = units_matched.order_line_id
)

select * from final
