with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

calendar as (
    select max(as_of_date) as as_of_date from {{ ref('int_pm__recommendation_calendar') }}
),

final as (
    select
        order_lines.order_id,
        order_lines.item_id,
        min(order_lines.ordered_at) as ordered_at
    from order_lines
    inner join calendar
        on order_lines.ordered_at < calendar.as_of_date
    where not order_lines.is_return
    group by order_lines.order_id, order_lines.item_id
)

select * from final
