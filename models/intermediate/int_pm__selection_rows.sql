with customer_snapshots as (
    select * from {{ ref('int_pm__customer_snapshots') }}
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
    from customer_snapshots
    inner join training_days
        on customer_snapshots.as_of_date = training_days.as_of_date
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

snapshots_placed as (
    select
        as_of_date,
        customer_id,
        {{ pm_hash_uniform('customer_id') }} as place
    from customer_snapshots
),

-- A share of customers, not the first so many of all: that would sort them all.
keys_sampled as (
    select
        days_sampled.fold,
        snapshots_placed.as_of_date,
        snapshots_placed.customer_id
    from snapshots_placed
    inner join days_sampled
        on
            snapshots_placed.as_of_date = days_sampled.as_of_date
            and snapshots_placed.place < days_sampled.sampled_share
),

-- As in int_pm__feature_matrix, which would work out the logarithms of all rows first.
final as (
    select
        keys_sampled.fold,
        keys_sampled.as_of_date,
        keys_sampled.customer_id
        {%- for feature, properties in pm_features().items() -%}
            ,
            {{ pm_feature_value(
                'customer_snapshots.' ~ feature, properties.transform
            ) }} as {{ feature }}
        {%- endfor %}
    from keys_sampled
    inner join customer_snapshots
        on
            keys_sampled.as_of_date = customer_snapshots.as_of_date
            and keys_sampled.customer_id = customer_snapshots.customer_id
)

select * from final
