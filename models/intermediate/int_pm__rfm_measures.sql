with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

as_of_days as (
    select as_of_date from as_of
    {% if var('pm_rfm_threshold_mode') == 'frozen' %}
        union
        select {{ pm_date_literal(var('pm_rfm_frozen_as_of')) }} as as_of_date
    {% endif %}
),

-- An order counts until all of it has been sent back; a return counts on its own day.
orders_known as (
    select
        as_of_days.as_of_date,
        customer_orders.customer_id,
        customer_orders.ordered_at,
        customer_orders.net_revenue,
        customer_orders.winsorised_net_revenue,
        {{ pm_is_kept_order('customer_orders', 'as_of_days.as_of_date') }}
            as is_kept_order,
        customer_orders.ordered_at
        >= {{ dbt.dateadd('day', -var('pm_rfm_window_days'), 'as_of_days.as_of_date') }}
            as is_in_window
    from customer_orders
    inner join as_of_days
        on customer_orders.ordered_at < as_of_days.as_of_date
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
),

final as (
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
)

select * from final
