with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where label_end_date is not null
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
),

-- Of the window's sales only what came back within the window counts as returned.
units_returned as (
    select
        calendar.fold,
        return_matches.sale_order_line_id as order_line_id,
        sum(return_matches.quantity) as quantity
    from return_matches
    inner join calendar
        on return_matches.returned_at < calendar.label_end_date
    group by calendar.fold, return_matches.sale_order_line_id
),

items_bought as (
    select distinct
        calendar.fold,
        order_lines.customer_id,
        order_lines.item_id
    from order_lines
    inner join calendar
        on
            order_lines.ordered_at >= calendar.as_of_date
            and order_lines.ordered_at < calendar.label_end_date
    left join units_returned
        on
            calendar.fold = units_returned.fold
            and order_lines.order_line_id = units_returned.order_line_id
    where
        not order_lines.is_return
        and not order_lines.is_anonymous
        and order_lines.quantity > coalesce(units_returned.quantity, 0)
),

final as (
    select
        items_bought.fold,
        case when purchases.item_id is null then 'discover' else 'buy_again' end
            as list,
        items_bought.customer_id,
        items_bought.item_id
    from items_bought
    left join purchases
        on
            items_bought.fold = purchases.fold
            and items_bought.customer_id = purchases.customer_id
            and items_bought.item_id = purchases.item_id
)

select * from final
