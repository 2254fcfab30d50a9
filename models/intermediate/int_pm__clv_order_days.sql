with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
    where not is_return
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
),

-- What was known when a period closed: refunds that came later do not count in it.
periods as (
    select
        split,
        'history' as period,
        as_of_date,
        cast(null as date) as from_date,
        as_of_date as until_date
    from clv_calendar

    union all

    select
        split,
        'outcome' as period,
        as_of_date,
        as_of_date as from_date,
        label_end_date as until_date
    from clv_calendar
    where split != 'score'
),

refunds as (
    select
        return_matches.sale_order_id as order_id,
        return_matches.customer_id,
        return_matches.returned_at,
        sum(
            cast(
                round(
                    cast(order_lines.net_amount as decimal(20,2))
                    * return_matches.quantity
                    / order_lines.quantity,
                    2
                )
                as decimal(18,2)
            )
        ) as refunded_amount
    from return_matches
    inner join order_lines
        on return_matches.sale_order_line_id = order_lines.order_line_id
    group by
        return_matches.sale_order_id,
        return_matches.customer_id,
        return_matches.returned_at
),

refunds_known as (
    select
        periods.split,
        periods.period,
        refunds.order_id,
        refunds.customer_id,
        sum(refunds.refunded_amount) as refunded_amount
    from refunds
    inner join periods
        on refunds.returned_at < periods.until_date
    group by periods.split, periods.period, refunds.order_id, refunds.customer_id
),

orders_known as (
    select
        periods.split,
        periods.period,
        periods.as_of_date,
        customer_orders.order_id,
        customer_orders.customer_id,
        cast(customer_orders.ordered_at as date) as order_date,
        customer_orders.gross_revenue - customer_orders.discount_amount as net_sales
    from customer_orders
    inner join periods
        on
            customer_orders.ordered_at < periods.until_date
            and (
                periods.from_date is null
                or customer_orders.ordered_at >= periods.from_date
            )
    where
        customer_orders.customer_id is not null
        and {{ pm_is_kept_order('customer_orders', 'periods.until_date') }}
),

final as (
    select
        orders_known.split,
        orders_known.period,
        orders_known.as_of_date,
        orders_known.customer_id,
        orders_known.order_date,
        cast(
            sum(orders_known.net_sales - coalesce(refunds_known.refunded_amount, 0))
            as decimal(18,2)
        ) as value
    from orders_known
    left join refunds_known
        on
            orders_known.split = refunds_known.split
            and orders_known.period = refunds_known.period
            and orders_known.order_id = refunds_known.order_id
            and orders_known.customer_id = refunds_known.customer_id
    group by
        orders_known.split,
        orders_known.period,
        orders_known.as_of_date,
        orders_known.customer_id,
        orders_known.order_date
)

select * from final
