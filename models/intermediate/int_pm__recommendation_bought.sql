with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

final as (
    select
        customer_id,
        item_id,
        max(ordered_at) as last_ordered_at
    from order_lines
    where
        not is_return
        and not is_anonymous
        and {{ var('pm_enable_recommendations') }}
    group by customer_id, item_id
)

select * from final
