with assignments as (
    select * from {{ ref('ml_pm__segment_assignments') }}
),

segment_measures as (
    select * from {{ ref('int_pm__segment_measures') }}
),

final as (
    select
        assignments.customer_id,
        assignments.segment_id as fitted_segment_id
        {%- for measure in pm_segment_measures() -%}
            ,
            segment_measures.{{ measure }}
        {%- endfor %}
    from assignments
    inner join segment_measures
        on assignments.customer_id = segment_measures.customer_id
)

select * from final
