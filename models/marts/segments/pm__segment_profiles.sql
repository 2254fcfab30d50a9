with customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

customers_measured as (
    select
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        customer_facts.net_revenue,
        cast(rfm_measures.recency_days as double) as value_recency_days,
        cast(rfm_measures.lifetime_order_count as double) as value_order_count,
        cast(customer_facts.net_revenue as double) as value_net_revenue,
        cast(customer_facts.average_order_value as double) as value_average_order_value
    from customer_segments
    inner join customer_facts
        on customer_segments.customer_id = customer_facts.customer_id
    inner join rfm_measures
        on
            customer_segments.customer_id = rfm_measures.customer_id
            and customer_segments.as_of_date = rfm_measures.as_of_date
),

features_measured as (
    {% for feature in [
        'recency_days', 'order_count', 'net_revenue', 'average_order_value',
    ] %}
        select
            as_of_date,
            model_version,
            segment_id,
            segment_name,
            net_revenue,
            '{{ feature }}' as feature,
            value_{{ feature }} as measured
        from customers_measured
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

overall as (
    select
        feature,
        -- Rounded, since a sum of doubles ends in digits that depend on the threads.
        round(avg(measured), 6) as overall_mean,
        round(stddev_pop(measured), 6) as overall_standard_deviation,
        count(*) as customer_count
    from features_measured
    group by feature
),

segments_profiled as (
    select
        as_of_date,
        model_version,
        segment_id,
        segment_name,
        feature,
        count(*) as customer_count,
        sum(net_revenue) as net_revenue,
        round(avg(measured), 6) as mean
    from features_measured
    group by as_of_date, model_version, segment_id, segment_name, feature
),

segments_compared as (
    select
        segments_profiled.*,
        overall.overall_mean,
        segments_profiled.customer_count
        / cast(overall.customer_count as double) as share_of_customers,
        (segments_profiled.mean - overall.overall_mean)
        / nullif(overall.overall_standard_deviation, 0) as z_score
    from segments_profiled
    inner join overall
        on segments_profiled.feature = overall.feature
),

final as (
    select
        as_of_date,
        segment_id,
        feature,
        segment_name,
        model_version,
        cast(customer_count as bigint) as customer_count,
        share_of_customers,
        cast(net_revenue as decimal(18,2)) as net_revenue,
        mean,
        overall_mean,
        coalesce(z_score, 0) as z_score,
        -- 1 is what sets the segment apart most.
        cast(row_number() over (
            partition by segment_id
            order by abs(coalesce(z_score, 0)) desc, feature asc
        ) as integer) as rank
    from segments_compared
)

select * from final
