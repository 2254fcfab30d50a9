with rfm_scores as (
    select * from {{ ref('pm__rfm_scores') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

segment_labels as (
    select * from {{ ref('pm_rfm_segment_labels') }}
    where rfm_segment != 'prospect'
),

segments_summed as (
    select
        rfm_segment,
        count(*) as customer_count,
        sum(monetary) as revenue,
        avg(recency_days) as mean_recency_days,
        avg(frequency) as mean_frequency,
        avg(monetary) as mean_monetary
    from rfm_scores
    group by rfm_segment
),

totals as (
    select
        count(*) as customer_count,
        sum(monetary) as revenue
    from rfm_scores
),

final as (
    select
        as_of.as_of_date,
        segment_labels.rfm_segment,
        segment_labels.label_{{ var('pm_language') }} as rfm_segment_label,
        cast(coalesce(segments_summed.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(segments_summed.revenue, 0) as decimal(18,2)) as revenue,
        coalesce(segments_summed.customer_count, 0)
        / cast(nullif(totals.customer_count, 0) as double) as share_of_customers,
        coalesce(cast(segments_summed.revenue as double), 0)
        / nullif(cast(totals.revenue as double), 0) as share_of_revenue,
        segments_summed.mean_recency_days,
        segments_summed.mean_frequency,
        segments_summed.mean_monetary,
        segment_labels.action_{{ var('pm_language') }} as recommended_action
    from segment_labels
    cross join as_of
    cross join totals
    left join segments_summed
        on segment_labels.rfm_segment = segments_summed.rfm_segment
    where {{ var('pm_enable_rfm') }} and as_of.as_of_date is not null
)

select * from final
