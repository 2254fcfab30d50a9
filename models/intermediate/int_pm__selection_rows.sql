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

folds_counted as (
    select
        training_days.fold,
        count(*) as row_count
    from feature_matrix
    inner join training_days
        on feature_matrix.as_of_date = training_days.as_of_date
    group by training_days.fold
),

days_sampled as (
    select
        training_days.fold,
        training_days.as_of_date,
        {{ var('pm_selection_rows_max') }} / cast(folds_counted.row_count as double)
            as sampled_share
    from training_days
    inner join folds_counted
        on training_days.fold = folds_counted.fold
),

final as (
    select
        days_sampled.fold,
        feature_matrix.as_of_date,
        feature_matrix.customer_id
        {%- for feature in pm_features() -%}
            ,
            feature_matrix.{{ feature }}
        {%- endfor %}
    from feature_matrix
    inner join days_sampled
        on feature_matrix.as_of_date = days_sampled.as_of_date
    -- A share of customers, not the first so many of all: that would sort them all.
    where
        {{ pm_hash_uniform('feature_matrix.customer_id') }} < days_sampled.sampled_share
)

select * from final
