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

rfm_measured as (
    {{ pm_rfm_measured('customer_orders', 'as_of_days') }}
),

final as (
    select
        as_of_date,
        customer_id,
        recency_days,
        frequency,
        monetary,
        lifetime_order_count,
        lifetime_winsorised_net_revenue
    from rfm_measured
)

select * from final
