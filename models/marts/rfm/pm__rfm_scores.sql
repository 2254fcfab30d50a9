{%- set label = 'label_' ~ var('pm_language') -%}
with rfm_measures as (
    select rfm_measures.*
    from {{ ref('int_pm__rfm_measures') }} as rfm_measures
    inner join {{ ref('int_pm__as_of') }} as as_of
        on rfm_measures.as_of_date = as_of.as_of_date
    where {{ var('pm_enable_rfm') }}
),

rfm_thresholds as (
    select * from {{ ref('int_pm__rfm_thresholds') }}
),

segment_labels as (
    select * from {{ ref('pm_rfm_segment_labels') }}
),

rfm_scored as (
    {{ pm_rfm_scored('rfm_measures', 'rfm_thresholds') }}
),

final as (
    select
        rfm_scored.as_of_date,
        rfm_scored.customer_id,
        rfm_scored.rfm_segment,
        segment_labels.{{ label }} as rfm_segment_label,
        rfm_scored.recency_days,
        rfm_scored.frequency,
        rfm_scored.monetary,
        rfm_scored.lifetime_order_count,
        cast(rfm_scored.r_score as integer) as r_score,
        cast(rfm_scored.f_score as integer) as f_score,
        cast(rfm_scored.m_score as integer) as m_score,
        cast(rfm_scored.fm_score as integer) as fm_score
    from rfm_scored
    left join segment_labels
        on rfm_scored.rfm_segment = segment_labels.rfm_segment
)

select * from final
