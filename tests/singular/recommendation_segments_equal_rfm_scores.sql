-- A customer's segment as recommendations know it today is that of pm__rfm_scores,
-- though it goes another way, by cut points of each fold's own day.
with segments as (
    select * from {{ ref('int_pm__recommendation_segments') }}
    where fold = 'final'
),

rfm_scores as (
    select * from {{ ref('pm__rfm_scores') }}
    where {{ var('pm_enable_recommendations') }}
)

select
    segments.customer_id,
    segments.rfm_segment,
    rfm_scores.customer_id as scored_customer_id,
    rfm_scores.rfm_segment as scored_rfm_segment
from segments
full outer join rfm_scores
    on segments.customer_id = rfm_scores.customer_id
where segments.rfm_segment is distinct from rfm_scores.rfm_segment
