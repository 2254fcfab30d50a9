with customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

rfm_scores as (
    select * from {{ ref('pm__rfm_scores') }}
),

segment_labels as (
    select * from {{ ref('pm_rfm_segment_labels') }}
),

customers_counted as (
    select
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        rfm_scores.rfm_segment,
        count(*) as customer_count
    from customer_segments
    inner join rfm_scores
        on
            customer_segments.customer_id = rfm_scores.customer_id
            and customer_segments.as_of_date = rfm_scores.as_of_date
    group by
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        rfm_scores.rfm_segment
),

shares as (
    select
        *,
        customer_count
        / cast(sum(customer_count) over (partition by segment_id) as double)
            as share_of_segment,
        customer_count
        / cast(sum(customer_count) over (partition by rfm_segment) as double)
            as share_of_rfm_segment,
        sum(customer_count) over (partition by rfm_segment)
        / cast(sum(customer_count) over () as double) as overall_share
    from customers_counted
),

final as (
    select
        shares.as_of_date,
        shares.segment_id,
        shares.rfm_segment,
        shares.segment_name,
        segment_labels.label_{{ var('pm_language') }} as rfm_segment_label,
        shares.model_version,
        cast(shares.customer_count as bigint) as customer_count,
        shares.share_of_segment,
        shares.share_of_rfm_segment,
        shares.share_of_segment / shares.overall_share as lift
    from shares
    left join segment_labels
        on shares.rfm_segment = segment_labels.rfm_segment
)

select * from final
