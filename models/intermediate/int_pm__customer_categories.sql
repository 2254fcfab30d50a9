with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

categories_summed as (
    select
        order_lines.customer_id,
        order_lines.category,
        count(*) as line_count,
        sum(order_lines.net_amount) as net_revenue
    from order_lines
    cross join as_of
    where
        not order_lines.is_return
        and order_lines.customer_id is not null
        and order_lines.category is not null
        and order_lines.ordered_at < as_of.as_of_date
    group by order_lines.customer_id, order_lines.category
),

final as (
    select
        customer_id,
        category,
        line_count,
        cast(net_revenue as decimal(18,2)) as net_revenue,
        row_number() over (
            partition by customer_id
            order by line_count desc, net_revenue desc, category asc
        ) as category_rank
    from categories_summed
)

select * from final
