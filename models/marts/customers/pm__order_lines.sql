with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

final as (
    select
        order_line_id,
        order_id,
        customer_id,
        item_id,
        item_name,
        category,
        channel,
        country,
        passthrough,
        flagged_rule,
        quantity,
        unit_price,
        unit_cost,
        discount_amount,
        gross_amount,
        net_amount,
        winsorised_net_amount,
        returned_quantity,
        is_return,
        is_anonymous,
        is_outlier,
        is_item_code_fixed,
        is_item_name_fixed,
        is_quantity_imputed,
        is_unit_price_imputed,
        ordered_at
    from order_lines
)

select * from final
