{%- set measures = pm_ranking_metrics() + ['lift_over_popularity'] -%}
with recommender_evaluation as (
    select * from {{ ref('ml_pm__recommender_evaluation') }}
),

final as (
    select
        as_of_date,
        evaluation_date,
        method,
        list,
        cast(k as integer) as k,
        model_version,
        customer_count,
        left_out_count,
        cast(new_customer_count as bigint) as new_customer_count,
        full_list_share
        {%- for measure in measures -%}
            ,
            {{ measure }},
            {{ measure }}_lower,
            {{ measure }}_upper
        {%- endfor %},
        coverage,
        novelty
    from recommender_evaluation
    where segment = 'all'
)

select * from final
