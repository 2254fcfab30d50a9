{%- set measures = pm_ranking_metrics() + ['lift_over_popularity'] -%}
with draws as (
    select * from {{ ref('ml_pm__recommender_draws') }}
),

final as (
    select
        method,
        list,
        k,
        segment,
        cast(max(case when draw = 0 then customer_count end) as bigint)
            as sample_customer_count
        {%- for measure in measures -%}
            ,
            max(case when draw = 0 then {{ measure }} end)
            - percentile_cont(0.025) within group (
                order by case when draw > 0 then {{ measure }} end
            ) as {{ measure }}_below,
            percentile_cont(0.975) within group (
                order by case when draw > 0 then {{ measure }} end
            )
            - max(case when draw = 0 then {{ measure }} end) as {{ measure }}_above
        {%- endfor %}
    from draws
    group by method, list, k, segment
)

select * from final
