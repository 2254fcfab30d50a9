with order_lines_checked as (
    select * from {{ ref('stg_pm__order_lines_checked') }}
),

final as (
    select
        raw_row_id,
        order_line_id,
        order_id,
        customer_id,
        item_id,
        item_name,
        category,
        channel,
        country,
        passthrough,
        ordered_at,
        quantity,
        unit_price,
        discount_amount,
        unit_cost,
        gross_amount,
        net_amount,
        is_return,
        is_anonymous,
        is_item_code_fixed,
        is_quantity_imputed,
        is_unit_price_imputed,
        flagged_rule
    from order_lines_checked
    where reject_reason is null
)

select * from final
