with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

orders_refunded as (
    select
        sale_order_id as order_id,
        customer_id,
        sum(quantity) as returned_quantity,
        max(returned_at) as last_returned_at
    from return_matches
    group by sale_order_id, customer_id
),

orders_summed as (
    select
        order_id,
        customer_id,
        is_return,
        count(*) as line_count,
        sum(case when is_return then 0 else quantity end) as item_count,
        sum(case when is_return then 0 else gross_amount end) as gross_revenue,
        sum(case when is_return then 0 else gross_amount - net_amount end)
            as discount_amount,
        sum(case when is_return then -net_amount else 0 end) as returned_revenue,
        sum(winsorised_net_amount) as winsorised_net_revenue,
        sum(
            case
                when is_return or returned_quantity = 0 then 0
                -- To the cent for each line: a sum of doubles depends on their order.
                else
                    cast(
                        round(
                            cast(net_amount as decimal(20,2))
                            * returned_quantity / quantity,
                            2
                        )
                        as decimal(18,2)
                    )
            end
        ) as refunded_amount,
        min(channel) as channel,
        min(country) as country,
        -- Some shops book a return under the order it undoes. It is then a row of its
        -- own, and counts from the day the last of it was back.
        case when is_return then max(ordered_at) else min(ordered_at) end as ordered_at
    from order_lines
    group by order_id, customer_id, is_return
),

final as (
    select
        orders_summed.order_id,
        orders_summed.customer_id,
        orders_summed.channel,
        orders_summed.country,
        orders_summed.line_count,
        cast(orders_summed.item_count as decimal(18,3)) as item_count,
        cast(orders_summed.gross_revenue as decimal(18,2)) as gross_revenue,
        cast(orders_summed.discount_amount as decimal(18,2)) as discount_amount,
        cast(orders_summed.returned_revenue as decimal(18,2)) as returned_revenue,
        cast(
            orders_summed.gross_revenue
            - orders_summed.discount_amount
            - orders_summed.returned_revenue
            as decimal(18,2)
        ) as net_revenue,
        cast(orders_summed.winsorised_net_revenue as decimal(18,2))
            as winsorised_net_revenue,
        cast(orders_summed.refunded_amount as decimal(18,2)) as refunded_amount,
        orders_summed.is_return,
        orders_summed.ordered_at,
        case
            when orders_refunded.returned_quantity >= orders_summed.item_count
                then orders_refunded.last_returned_at
        end as fully_returned_at
    from orders_summed
    left join orders_refunded
        on
            orders_summed.order_id = orders_refunded.order_id
            and orders_summed.customer_id = orders_refunded.customer_id
            and not orders_summed.is_return
)

select * from final
