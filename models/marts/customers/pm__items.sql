with items as (
    select * from {{ ref('int_pm__items') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

lines_per_order as (
    select
        item_id,
        order_id,
        sum(case when is_return then 0 else 1 end) as sale_line_count,
        sum(case when is_return then 0 else quantity end) as quantity_sold,
        sum(case when is_return then -quantity else 0 end) as quantity_returned,
        sum(net_amount) as net_revenue,
        min(case when not is_return then ordered_at end) as first_sold_at,
        max(case when not is_return then ordered_at end) as last_sold_at
    from order_lines
    group by item_id, order_id
),

items_sold as (
    select
        item_id,
        sum(case when sale_line_count > 0 then 1 else 0 end) as order_count,
        sum(quantity_sold) as quantity_sold,
        sum(quantity_returned) as quantity_returned,
        sum(net_revenue) as net_revenue,
        min(first_sold_at) as first_sold_at,
        max(last_sold_at) as last_sold_at
    from lines_per_order
    group by item_id
),

final as (
    select
        items.item_id,
        items.item_name,
        items.category,
        items.brand,
        items.list_price,
        items.unit_cost,
        cast(coalesce(items_sold.order_count, 0) as bigint) as order_count,
        cast(coalesce(items_sold.quantity_sold, 0) as decimal(18,3)) as quantity_sold,
        cast(coalesce(items_sold.quantity_returned, 0) as decimal(18,3))
            as quantity_returned,
        cast(coalesce(items_sold.net_revenue, 0) as decimal(18,2)) as net_revenue,
        cast(items.name_count as bigint) as name_count,
        items.is_active,
        items_sold.first_sold_at,
        items_sold.last_sold_at
    from items
    left join items_sold
        on items.item_id = items_sold.item_id
)

select * from final
