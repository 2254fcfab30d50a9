{{ config(materialized='view') }}
with fold_keys as (
    select * from {{ ref('ml_pm__fold_keys') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

final as (
    select
        fold_keys.target,
        fold_keys.kind,
        fold_keys.fold,
        fold_keys.split,
        fold_keys.label,
        feature_matrix.as_of_date,
        feature_matrix.customer_id
        {%- for feature in pm_features() -%}
            ,
            feature_matrix.{{ feature }}
        {%- endfor %}
    from fold_keys
    inner join feature_matrix
        on
            fold_keys.as_of_date = feature_matrix.as_of_date
            and fold_keys.customer_id = feature_matrix.customer_id
)

select * from final
