with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
    where customer_id is not null and {{ var('pm_enable_scores') }}
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

-- An order that goes on over midnight is two rows: on the first day nobody knew more.
order_days as (
    select
        customer_id,
        order_id,
        is_return,
        cast(ordered_at as date) as activity_date,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        sum(case when is_return then 0 else quantity end) as item_count,
        sum(case when is_return then 0 else gross_amount end) as gross_revenue,
        sum(case when is_return then 0 else gross_amount - net_amount end)
            as discount_amount,
        sum(case when is_return then -net_amount else 0 end) as returned_revenue,
        sum(winsorised_net_amount) as net_revenue
    from order_lines
    group by customer_id, order_id, is_return, cast(ordered_at as date)
),

-- An order counts on its first day, and until the day on which all of it is back.
order_days_judged as (
    select
        order_days.*,
        case
            when
                not order_days.is_return
                and order_days.first_ordered_at = customer_orders.ordered_at
                then 1
            else 0
        end as order_count,
        cast(customer_orders.fully_returned_at as date) as undone_date
    from order_days
    inner join customer_orders
        on
            order_days.customer_id = customer_orders.customer_id
            and order_days.order_id = customer_orders.order_id
            and order_days.is_return = customer_orders.is_return
),

first_purchases as (
    select
        customer_id,
        item_id,
        min(cast(ordered_at as date)) as activity_date
    from order_lines
    where not is_return
    group by customer_id, item_id
),

parts as (
    select
        customer_id,
        activity_date,
        undone_date,
        case when order_count > 0 then first_ordered_at end as first_ordered_at,
        case when order_count > 0 then first_ordered_at end as last_ordered_at,
        order_count,
        case
            when order_count > 0 and {{ pm_is_weekend('first_ordered_at') }} then 1
            else 0
        end as weekend_order_count,
        case
            when order_count > 0 and extract(hour from first_ordered_at) >= 18 then 1
            else 0
        end as evening_order_count,
        case when discount_amount > 0 then order_count else 0 end
            as discounted_order_count,
        case when is_return then 1 else 0 end as return_count,
        item_count,
        cast(0 as bigint) as new_item_count,
        gross_revenue,
        discount_amount,
        returned_revenue,
        case when is_return then 0 else net_revenue end as sold_revenue,
        net_revenue
    from order_days_judged

    union all

    select
        customer_id,
        activity_date,
        cast(null as date) as undone_date,
        cast(null as timestamp) as first_ordered_at,
        cast(null as timestamp) as last_ordered_at,
        0 as order_count,
        0 as weekend_order_count,
        0 as evening_order_count,
        0 as discounted_order_count,
        0 as return_count,
        0 as item_count,
        count(*) as new_item_count,
        0 as gross_revenue,
        0 as discount_amount,
        0 as returned_revenue,
        0 as sold_revenue,
        0 as net_revenue
    from first_purchases
    group by customer_id, activity_date
),

final as (
    select
        customer_id,
        activity_date,
        undone_date,
        {{ pm_activity_sums() }}
    from parts
    group by customer_id, activity_date, undone_date
)

select * from final
