{#- The parameters of the chosen model in one row, so that everyone is compared with
every centroid in one pass. -#}
with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

segment_selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
),

champions as (
    select
        model_version,
        algorithm,
        k,
        algorithm in ('dbscan', 'hdbscan') as is_density
    from segment_selection
    where is_champion
),

final as (
    select
        champions.model_version,
        champions.algorithm,
        champions.k,
        champions.is_density
        {%- for feature in pm_segment_features() -%}
            {%- for component in ['center', 'scale'] -%}
                ,
                max(case
                    when
                        segment_models.component = '{{ component }}'
                        and segment_models.feature = '{{ feature }}'
                        then segment_models.value
                end) as {{ component }}_{{ feature }}
            {%- endfor -%}
            {%- for segment in range(1, var('pm_segment_max_k') + 1) -%}
                ,
                max(case
                    when
                        segment_models.component = 'centroid'
                        and segment_models.feature = '{{ feature }}'
                        and segment_models.segment_id = {{ segment }}
                        then segment_models.value
                end) as centroid_{{ segment }}_{{ feature }}
            {%- endfor -%}
        {%- endfor %}
        {%- for segment in range(1, var('pm_segment_max_k') + 1) -%}
            ,
            max(case
                when
                    segment_models.component = 'fence'
                    and segment_models.segment_id = {{ segment }}
                    then segment_models.value
            end) as fence_{{ segment }}
        {%- endfor %}
    from champions
    inner join segment_models
        on champions.model_version = segment_models.model_version
    group by
        champions.model_version,
        champions.algorithm,
        champions.k,
        champions.is_density
)

select * from final
