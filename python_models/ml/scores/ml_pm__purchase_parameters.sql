with purchase_models as (
    select * from {{ ref('ml_pm__purchase_models') }}
),

final as (
    select
        model_version,
        target,
        algorithm,
        max(case when component = 'intercept' then value end) as intercept,
        max(case when feature = 'status_code' then value end) as status_code
        {%- for feature in pm_purchase_features() -%}
            {%- for component in ['mean', 'scale', 'coefficient'] -%}
                ,
                max(case
                    when component = '{{ component }}' and feature = '{{ feature }}'
                        then value
                end) as {{ component }}_{{ feature }}
            {%- endfor -%}
        {%- endfor %}
    from purchase_models
    group by model_version, target, algorithm
)

select * from final
