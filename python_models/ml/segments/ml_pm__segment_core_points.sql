with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

final as (
    select
        segment_models.point,
        segment_models.segment_id,
        max(case when segment_models.component = 'radius' then segment_models.value end)
            as radius
        {%- for feature in pm_segment_features() -%}
            ,
            max(case
                when
                    segment_models.component = 'core_point'
                    and segment_models.feature = '{{ feature }}'
                    then segment_models.value
            end) as core_{{ feature }}
        {%- endfor %}
    from segment_models
    inner join champion
        on segment_models.model_version = champion.model_version
    where segment_models.component in ('core_point', 'radius')
    group by segment_models.point, segment_models.segment_id
)

select * from final
