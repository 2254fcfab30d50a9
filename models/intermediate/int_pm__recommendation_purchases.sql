with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
),

units_returned as (
    select
        calendar.fold,
        return_matches.sale_order_line_id as order_line_id,
        sum(return_matches.quantity) as quantity
    from return_matches
    inner join calendar
        on return_matches.returned_at < calendar.as_of_date
    group by calendar.fold, return_matches.sale_order_line_id
),

-- What was sent back by that day is no purchase: it says nothing good of the item.
lines_known as (
    select
        calendar.fold,
        order_lines.customer_id,
        order_lines.item_id,
        order_lines.order_id,
        order_lines.quantity - coalesce(units_returned.quantity, 0) as quantity,
        order_lines.ordered_at
    from order_lines
    inner join calendar
        on order_lines.ordered_at < calendar.as_of_date
    left join units_returned
        on
            calendar.fold = units_returned.fold
            and order_lines.order_line_id = units_returned.order_line_id
    where
        not order_lines.is_return
        and not order_lines.is_anonymous
        and order_lines.quantity > coalesce(units_returned.quantity, 0)
),

-- One row per order first: counting distinct orders costs more than this step.
orders_known as (
    select
        fold,
        customer_id,
        item_id,
        order_id,
        sum(quantity) as quantity,
        min(ordered_at) as ordered_at
    from lines_known
    group by fold, customer_id, item_id, order_id
),

final as (
    select
        fold,
        customer_id,
        item_id,
        count(*) as order_count,
        cast(sum(quantity) as decimal(18,3)) as quantity,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders_known
    group by fold, customer_id, item_id
)

select * from final
