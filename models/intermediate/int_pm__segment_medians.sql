with segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

-- What is not known of anybody is 0 for all.
final as (
    select
        count(*) as customer_count
        {%- for feature, expression in pm_segment_features().items() -%}
            ,
            coalesce(median({{ expression }}), 0) as median_{{ feature }}
        {%- endfor %}
    from segment_measures
)

select * from final
