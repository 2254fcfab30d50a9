-- Segments hold every customer with a kept order once, and all of their revenue.
with segment_profiles as (
    select * from {{ ref('pm__segment_profiles') }}
    where feature = 'net_revenue'
),

rfm_measures as (
    select rfm_measures.*
    from {{ ref('int_pm__rfm_measures') }} as rfm_measures
    inner join {{ ref('int_pm__as_of') }} as as_of
        on rfm_measures.as_of_date = as_of.as_of_date
    where {{ var('pm_enable_segments') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

expected as (
    select
        count(*) as customer_count,
        coalesce(sum(customer_facts.net_revenue), 0) as net_revenue
    from rfm_measures
    inner join customer_facts
        on rfm_measures.customer_id = customer_facts.customer_id
),

found as (
    select
        coalesce(sum(customer_count), 0) as customer_count,
        coalesce(sum(net_revenue), 0) as net_revenue
    from segment_profiles
)

select
    expected.customer_count as expected_customer_count,
    found.customer_count as found_customer_count,
    expected.net_revenue as expected_net_revenue,
    found.net_revenue as found_net_revenue
from expected
cross join found
where
    expected.customer_count != found.customer_count
    or expected.net_revenue != found.net_revenue
