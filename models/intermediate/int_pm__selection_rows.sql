with feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

training_days as (
    select
        fold,
        as_of_date
    from {{ ref('int_pm__model_folds') }}
    where split = 'train'
),

rows_ranked as (
    select
        training_days.fold,
        feature_matrix.*,
        row_number() over (
            partition by training_days.fold
            order by
                md5(feature_matrix.customer_id),
                feature_matrix.customer_id,
                feature_matrix.as_of_date
        ) as sampling_rank
    from feature_matrix
    inner join training_days
        on feature_matrix.as_of_date = training_days.as_of_date
),

final as (
    select
        fold,
        as_of_date,
        customer_id
        {%- for feature in pm_features() -%}
            ,
            {{ feature }}
        {%- endfor %}
    from rows_ranked
    where sampling_rank <= {{ var('pm_selection_rows_max') }}
)

select * from final
