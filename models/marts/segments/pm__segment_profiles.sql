with customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

customers_measured as (
    select
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        customer_facts.net_revenue
        {%- for measure in pm_segment_measures() -%}
            ,
            segment_measures.{{ measure }} as value_{{ measure }}
        {%- endfor %}
    from customer_segments
    inner join customer_facts
        on customer_segments.customer_id = customer_facts.customer_id
    inner join segment_measures
        on customer_segments.customer_id = segment_measures.customer_id
),

segments_summed as (
    select
        as_of_date,
        model_version,
        segment_id,
        segment_name,
        count(*) as customer_count,
        sum(net_revenue) as net_revenue
        {%- for measure in pm_segment_measures() -%}
            ,
            count(value_{{ measure }}) as known_count_{{ measure }},
            -- Decimal, since a sum of doubles depends on the order of rows: in its
            -- last digits, which for a very large customer are whole cents.
            round(cast(avg(cast(value_{{ measure }} as decimal(38,9))) as double), 6)
                as mean_{{ measure }}
        {%- endfor %}
    from customers_measured
    group by as_of_date, model_version, segment_id, segment_name
),

everyone_summed as (
    select
        count(*) as customer_count
        {%- for measure in pm_segment_measures() -%}
            ,
            round(cast(avg(cast(value_{{ measure }} as decimal(38,9))) as double), 6)
                as mean_{{ measure }},
            round(stddev_pop(value_{{ measure }}), 6) as deviation_{{ measure }}
        {%- endfor %}
    from customers_measured
),

features_compared as (
    {% for measure in pm_segment_measures() %}
        select
            segments_summed.as_of_date,
            segments_summed.model_version,
            segments_summed.segment_id,
            segments_summed.segment_name,
            '{{ measure }}' as feature,
            segments_summed.customer_count,
            segments_summed.customer_count
            / cast(everyone_summed.customer_count as double) as share_of_customers,
            segments_summed.net_revenue,
            segments_summed.known_count_{{ measure }} as known_count,
            segments_summed.mean_{{ measure }} as mean,
            everyone_summed.mean_{{ measure }} as overall_mean,
            coalesce(
                round(
                    (
                        segments_summed.mean_{{ measure }}
                        - everyone_summed.mean_{{ measure }}
                    )
                    / nullif(everyone_summed.deviation_{{ measure }}, 0),
                    9
                ),
                0
            ) as z_score
        from segments_summed
        cross join everyone_summed
        {{ 'union all' if not loop.last }}
    {% endfor %}
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
        cast(known_count as bigint) as known_count,
        mean,
        overall_mean,
        z_score,
        -- 1 is what sets the segment apart most.
        cast(row_number() over (
            partition by segment_id
            order by abs(z_score) desc, feature asc
        ) as integer) as rank
    from features_compared
)

select * from final
