with clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
    where model = 'gamma_gamma'
),

final as (
    select
        model_version
        {%- for parameter in ['p', 'q', 'v'] -%}
            ,
            max(
                case
                    when component = 'parameter' and parameter = '{{ parameter }}'
                        then value
                end
            ) as {{ parameter }}
        {%- endfor -%}
        ,
        max(
            case
                when component = 'meta' and parameter = 'status_code' then value
            end
        ) = 1 as is_usable
    from clv_models
    group by model_version
)

select * from final
