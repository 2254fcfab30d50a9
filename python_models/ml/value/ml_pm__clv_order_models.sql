with clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
    where model in ('bg_nbd', 'mbg_nbd')
),

models_side_by_side as (
    select
        model,
        model_version
        {%- for parameter in ['r', 'alpha', 'a', 'b'] -%}
            ,
            max(
                case
                    when component = 'parameter' and parameter = '{{ parameter }}'
                        then value
                end
            ) as {{ parameter }}
        {%- endfor -%}
        {%- for parameter in ['first_chances', 'log_likelihood', 'status_code'] -%}
            ,
            max(
                case
                    when component = 'meta' and parameter = '{{ parameter }}' then value
                end
            ) as {{ parameter }}
        {%- endfor %}
    from clv_models
    group by model, model_version
),

models_compared as (
    select
        *,
        '{{ var("pm_clv_model") }}' in ('auto', model) as is_asked_for,
        -- So little more likelihood proves nothing, and under bg_nbd nobody who bought
        -- once has ever left.
        log_likelihood - case when model = 'bg_nbd' then 2 else 0 end as merit
    from models_side_by_side
),

models_ranked as (
    select
        *,
        row_number() over (
            order by
                is_asked_for desc, status_code desc, merit desc nulls last, model asc
        ) as model_rank
    from models_compared
),

final as (
    select
        model,
        model_version,
        r,
        alpha * {{ 7 if var('pm_clv_time_unit') == 'week' else 1 }} as alpha_days,
        a,
        b,
        cast(first_chances as integer) as first_chances,
        log_likelihood,
        status_code = 1 as is_usable,
        model_rank = 1 as is_champion
    from models_ranked
)

select * from final
