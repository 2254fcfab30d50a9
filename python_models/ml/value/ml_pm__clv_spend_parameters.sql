with spend_models as (
    select * from {{ ref('ml_pm__clv_spend_models') }}
),

final as (
    select
        model_version,
        max(case when feature = 'status_code' then value end) = 1 as is_usable,
        max(case when component = 'intercept' then value end) as intercept,
        max(case when component = 'spend_intercept' then value end) as spend_intercept
        {%- set components = ['mean', 'scale', 'coefficient', 'spend_coefficient'] -%}
        {%- for feature in pm_spend_features() -%}
            {%- for component in components -%}
                ,
                max(
                    case
                        when component = '{{ component }}' and feature = '{{ feature }}'
                            then value
                    end
                ) as {{ component }}_{{ feature }}
            {%- endfor -%}
        {%- endfor %}
    from spend_models
    group by model_version
)

select * from final
