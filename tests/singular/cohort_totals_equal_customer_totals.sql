-- Cohorts hold each customer once, and all the revenue since their first order.
with cohorts as (
    select
        sum(case when period = 0 then customer_count else 0 end) as customer_count,
        sum(net_revenue) as net_revenue
    from {{ ref('pm__cohorts') }}
),

customers as (
    select
        count(*) as customer_count,
        sum(facts.net_revenue) as net_revenue
    from {{ ref('int_pm__customer_facts') }} as facts
    where facts.cohort_month is not null and {{ var('pm_enable_segments') }}
),

-- Returns of what was bought before the data began, booked before the first order.
returned_before as (
    select sum(orders.net_revenue) as net_revenue
    from {{ ref('int_pm__customer_orders') }} as orders
    inner join {{ ref('int_pm__customer_facts') }} as facts
        on
            orders.customer_id = facts.customer_id
            and orders.ordered_at < facts.cohort_month
    where {{ var('pm_enable_segments') }}
)

select
    cohorts.customer_count,
    customers.customer_count as expected_customer_count,
    cohorts.net_revenue,
    customers.net_revenue as expected_net_revenue
from cohorts
cross join customers
cross join returned_before
where
    coalesce(cohorts.customer_count, 0) != customers.customer_count
    or coalesce(cohorts.net_revenue, 0)
    != coalesce(customers.net_revenue, 0) - coalesce(returned_before.net_revenue, 0)
