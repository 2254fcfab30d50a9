{%- set components = ['fill', 'lower', 'upper', 'mean', 'scale', 'coefficient'] -%}
with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where
        algorithm in (
            'logistic_regression',
            'linear_regression',
            'ridge_regression',
            'quantile_regression'
        )
),

final as (
    select
        model_version,
        target,
        kind,
        fold,
        algorithm,
        max(case when component = 'intercept' then value end) as intercept
        {%- for feature in pm_features() -%}
            {%- for component in components -%}
                ,
                max(case
                    when component = '{{ component }}' and feature = '{{ feature }}'
                        then value
                end) as {{ component }}_{{ feature }}
            {%- endfor %}
        {%- endfor %}
    from model_parameters
    group by model_version, target, kind, fold, algorithm
)

select * from final
