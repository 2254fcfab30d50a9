with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

final as (
    select
        order_id,
        min(customer_id) as customer_id,
        min(channel) as channel,
        min(country) as country,
        cast(sum(line_count) as bigint) as line_count,
        cast(sum(item_count) as decimal(18,3)) as item_count,
        cast(sum(gross_revenue) as decimal(18,2)) as gross_revenue,
        cast(sum(discount_amount) as decimal(18,2)) as discount_amount,
        cast(sum(returned_revenue) as decimal(18,2)) as returned_revenue,
        cast(sum(net_revenue) as decimal(18,2)) as net_revenue,
        cast(sum(refunded_amount) as decimal(18,2)) as refunded_amount,
        bool_and(is_return) as is_return,
        min(customer_id) is null as is_anonymous,
        count(distinct customer_id) > 1 as has_several_customers,
        coalesce(
            min(case when not is_return then ordered_at end), max(ordered_at)
        ) as ordered_at,
        case
            when count(fully_returned_at) = count(case when not is_return then 1 end)
                then max(fully_returned_at)
        end as fully_returned_at
    from customer_orders
    group by order_id
)

select * from final
