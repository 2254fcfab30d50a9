with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

-- The first by hash: the engine keeps no more rows than these while it reads all.
customers_sampled as (
    select *
    from segment_features
    order by sampling_key asc, customer_id asc
    limit {{ var('pm_segment_sample_rows') }}
),

final as (
    select
        customer_id
        {%- for feature in pm_segment_features() -%}
            ,
            {{ feature }}
        {%- endfor %}
    from customers_sampled
)

select * from final
