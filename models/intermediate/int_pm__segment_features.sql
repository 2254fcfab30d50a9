with rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        rfm_measures.customer_id,
        {% for feature, expression in pm_segment_features().items() %}
            {{ expression }} as {{ feature }},
        {% endfor %}
        -- The order in which rows are sampled for a fit: fixed, and unlike any measure.
        md5(rfm_measures.customer_id) as sampling_key
    from rfm_measures
    inner join as_of
        on rfm_measures.as_of_date = as_of.as_of_date
    where {{ var('pm_enable_segments') }}
)

select * from final
