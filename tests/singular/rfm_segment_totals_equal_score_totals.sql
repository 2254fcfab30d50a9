-- The summary of segments holds every scored customer, and their revenue, once.
with segments_summed as (
    select
        coalesce(sum(customer_count), 0) as customer_count,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('pm__rfm_segments') }}
),

scores_summed as (
    select
        count(*) as customer_count,
        coalesce(sum(monetary), 0) as revenue
    from {{ ref('pm__rfm_scores') }}
)

select
    segments_summed.customer_count,
    segments_summed.revenue,
    scores_summed.customer_count as expected_customer_count,
    scores_summed.revenue as expected_revenue
from segments_summed
cross join scores_summed
where
    segments_summed.customer_count != scores_summed.customer_count
    or segments_summed.revenue != scores_summed.revenue
