{{ config(materialized='view') }}
with model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
    where split = 'score'
),

customer_labels as (
    select * from {{ ref('int_pm__customer_labels') }}
),

targets as (
    select * from {{ ref('int_pm__targets') }}
),

final as (
    select
        targets.target,
        targets.kind,
        customer_labels.as_of_date,
        customer_labels.customer_id,
        customer_labels.label
    from model_folds
    inner join customer_labels
        on model_folds.as_of_date = customer_labels.as_of_date
    inner join targets
        on customer_labels.target = targets.target
)

select * from final
