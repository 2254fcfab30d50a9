{#- Past any day that is looked from, so that a plain comparison will do. -#}
{%- set never = pm_date_literal('9999-12-31') -%}
with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
    where
        not is_return
        and customer_id is not null
        and {{ var('pm_enable_scores') }}
),

items as (
    select * from {{ ref('stg_pm__items') }}
),

orders_undone as (
    select
        customer_id,
        order_id,
        cast(fully_returned_at as date) as undone_date
    from {{ ref('int_pm__customer_orders') }}
    where fully_returned_at is not null
),

-- Not the category of int_pm__items, which is the most frequent one of lines still to
-- come.
lines_chosen as (
    select
        order_lines.customer_id,
        cast(order_lines.ordered_at as date) as activity_date,
        coalesce(order_lines.category, items.category) as category,
        order_lines.channel,
        coalesce(orders_undone.undone_date, {{ never }}) as undone_date
    from order_lines
    left join items
        on order_lines.item_id = items.item_id
    left join orders_undone
        on
            order_lines.customer_id = orders_undone.customer_id
            and order_lines.order_id = orders_undone.order_id
),

-- Kept while one of the day's orders with it is.
choice_days as (
    {% for dimension in ['category', 'channel'] %}
        select
            '{{ dimension }}' as dimension,
            customer_id,
            {{ dimension }} as choice,
            activity_date,
            max(undone_date) as undone_date
        from lines_chosen
        where {{ dimension }} is not null
        group by customer_id, {{ dimension }}, activity_date
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        dimension,
        customer_id,
        choice,
        activity_date,
        undone_date,
        coalesce(
            lead(activity_date) over (
                partition by dimension, customer_id, choice order by activity_date
            ),
            {{ never }}
        ) as next_activity_date,
        row_number() over (
            partition by dimension, customer_id, choice order by activity_date
        ) as choice_day_number
    from choice_days
)

select * from final
