{#- The parameters of the chosen K-means in one row, so that everyone is compared with
every centroid in one pass. -#}
with segment_models as (
    select * from {{ ref('ml_pm__segment_models') }}
),

champions as (
    select
        model_version,
        k
    from segment_models
    where component = 'metric' and feature = 'is_champion' and value = 1
),

final as (
    select
        champions.model_version,
        champions.k
        {%- for feature in pm_segment_features() -%}
            {%- for component in ['mean', 'scale'] -%}
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
    from champions
    inner join segment_models
        on champions.model_version = segment_models.model_version
    group by champions.model_version, champions.k
)

select * from final
