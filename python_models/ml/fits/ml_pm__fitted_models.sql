{%- set meta = [
    'train_rows', 'train_positives', 'train_mean', 'status_code', 'validation_loss',
    'is_validated_later', 'is_calibrated',
] -%}
with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
),

models as (
    select
        target,
        kind,
        fold,
        algorithm,
        model_version,
        cast(
            count(
                distinct case
                    when component = 'profile_edge' and feature != 'prediction'
                        then feature
                end
            )
            as integer
        ) as feature_count
        {%- for name in meta -%}
            ,
            max(case when component = 'meta' and feature = '{{ name }}' then value end)
                as {{ name }}
        {%- endfor %}
    from model_parameters
    group by target, kind, fold, algorithm, model_version
),

final_models as (
    select
        target,
        algorithm,
        model_version as final_model_version
    from models
    where fold = 'final'
),

final as (
    select
        models.*,
        final_models.final_model_version
    from models
    left join final_models
        on
            models.target = final_models.target
            and models.algorithm = final_models.algorithm
)

select * from final
