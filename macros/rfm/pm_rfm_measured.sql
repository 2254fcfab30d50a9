{#
RFM measures of customers on some days: a query, one row per as_of_date and customer with
at least one kept order before it.

    rfm_measured as (
        {{ pm_rfm_measured('customer_orders', 'as_of_days') }}
    )

`orders` is a relation like int_pm__customer_orders, `days` one with as_of_date.
#}
{% macro pm_rfm_measured(orders, days) %}
with orders_known as (
    -- An order counts until all of it has been sent back; a return counts on its own day.
    select
        days.as_of_date,
        customer_orders.customer_id,
        customer_orders.ordered_at,
        customer_orders.net_revenue,
        customer_orders.winsorised_net_revenue,
        {{ pm_is_kept_order('customer_orders', 'days.as_of_date') }}
            as is_kept_order,
        customer_orders.ordered_at
        >= {{ dbt.dateadd('day', -var('pm_rfm_window_days'), 'days.as_of_date') }}
            as is_in_window
    from {{ orders }} as customer_orders
    inner join {{ days }} as days
        on customer_orders.ordered_at < days.as_of_date
    where customer_orders.customer_id is not null
),

orders_summed as (
    select
        as_of_date,
        customer_id,
        max(case when is_kept_order then ordered_at end) as last_order_at,
        sum(case when is_kept_order then 1 else 0 end) as lifetime_order_count,
        sum(case when is_kept_order and is_in_window then 1 else 0 end) as frequency,
        sum(case when is_in_window then net_revenue else 0 end) as monetary,
        sum(winsorised_net_revenue) as lifetime_winsorised_net_revenue
    from orders_known
    group by as_of_date, customer_id
)

select
    as_of_date,
    customer_id,
    cast(
        {{ pm_calendar_days_between('last_order_at', 'as_of_date') }}
        as bigint
    ) as recency_days,
    cast(frequency as bigint) as frequency,
    cast(monetary as decimal(18,2)) as monetary,
    cast(lifetime_order_count as bigint) as lifetime_order_count,
    cast(lifetime_winsorised_net_revenue as decimal(18,2))
        as lifetime_winsorised_net_revenue
from orders_summed
where lifetime_order_count > 0
{% endmacro %}
