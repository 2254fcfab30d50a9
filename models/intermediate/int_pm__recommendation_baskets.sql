with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

calendar as (
    select max(as_of_date) as as_of_date
    from {{ ref('int_pm__recommendation_calendar') }}
),

orders_filled as (
    select
        order_lines.order_id,
        order_lines.item_id,
        min(order_lines.ordered_at) as ordered_at
    from order_lines
    inner join calendar
        on order_lines.ordered_at < calendar.as_of_date
    where not order_lines.is_return
    group by order_lines.order_id, order_lines.item_id
),

orders_numbered as (
    select
        order_id,
        row_number() over (order by order_id) as order_number,
        count(*) as item_count
    from orders_filled
    group by order_id
),

final as (
    select
        orders_filled.order_id,
        orders_filled.item_id,
        -- A number takes a third of the memory of an id where rules are counted.
        orders_numbered.order_number,
        orders_filled.ordered_at
    from orders_filled
    inner join orders_numbered
        on orders_filled.order_id = orders_numbered.order_id
    where orders_numbered.item_count <= {{ var('pm_basket_max_size') }}
)

select * from final
