with cohort_customers as (
    select * from {{ ref('int_pm__cohort_customers') }}
),

customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

orders_known as (
    select
        customer_orders.customer_id,
        cast({{ dbt.date_trunc('month', 'customer_orders.ordered_at') }} as date)
            as order_month,
        customer_orders.net_revenue,
        {{ pm_is_kept_order('customer_orders', 'as_of.as_of_date') }} as is_kept_order
    from customer_orders
    cross join as_of
    where customer_orders.ordered_at < as_of.as_of_date
),

final as (
    select
        cohort_customers.customer_id,
        cohort_customers.cohort_month,
        cast({{ dbt.datediff(
            'cohort_customers.cohort_month', 'orders_known.order_month', 'month'
        ) }} as integer) as period,
        max(case when orders_known.is_kept_order then 1 else 0 end) as is_active,
        cast(sum(orders_known.net_revenue) as decimal(18,2)) as net_revenue
    from cohort_customers
    inner join orders_known
        on
            cohort_customers.customer_id = orders_known.customer_id
            -- A return of what was bought before the data began is no cohort's.
            and cohort_customers.cohort_month <= orders_known.order_month
    group by
        cohort_customers.customer_id,
        cohort_customers.cohort_month,
        orders_known.order_month
)

select * from final
