with model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
    where split != 'score'
),

customer_labels as (
    select * from {{ ref('int_pm__customer_labels') }}
    where label is not null
),

targets as (
    select * from {{ ref('int_pm__targets') }}
),

rows_ranked as (
    select
        targets.target,
        targets.kind,
        model_folds.fold,
        model_folds.split,
        model_folds.as_of_date,
        customer_labels.customer_id,
        customer_labels.label,
        row_number() over (
            partition by targets.target, model_folds.fold, model_folds.split
            order by
                md5(customer_labels.customer_id),
                customer_labels.customer_id,
                model_folds.as_of_date
        ) as sampling_rank
    from model_folds
    inner join customer_labels
        on model_folds.as_of_date = customer_labels.as_of_date
    inner join targets
        on customer_labels.target = targets.target
),

final as (
    select
        target,
        kind,
        fold,
        split,
        as_of_date,
        customer_id,
        label
    from rows_ranked
    where sampling_rank <= {{ var('pm_training_rows_max') }}
)

select * from final
