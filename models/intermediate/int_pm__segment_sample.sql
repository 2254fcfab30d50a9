with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

customers_ranked as (
    select
        *,
        row_number() over (order by sampling_key, customer_id) as sampling_rank
    from segment_features
),

final as (
    select
        customer_id
        {%- for feature in pm_segment_features() -%}
            ,
            {{ feature }}
        {%- endfor %}
    from customers_ranked
    where sampling_rank <= {{ var('pm_segment_sample_rows') }}
)

select * from final
