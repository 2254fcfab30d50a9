with profile_bins as (
    select * from {{ ref('ml_pm__profile_bins') }}
),

-- As many customers as a model learns from are enough to see where they all lie.
keys_ranked as (
    select
        *,
        row_number() over (
            partition by target order by md5(customer_id), customer_id
        ) as sampling_rank
    from {{ ref('ml_pm__keys_to_score') }}
),

keys_sampled as (
    select * from keys_ranked
    where sampling_rank <= {{ var('pm_training_rows_max') }}
),

champion_scores as (
    select * from {{ ref('ml_pm__champion_scores') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

feature_numbers as (
    {{ pm_feature_numbers() }}
),

customers_listed as (
    select
        keys_sampled.model_version,
        {{ dbt.array_construct(pm_features().keys() | list, 'double') }}
            as feature_values
    from keys_sampled
    inner join feature_matrix
        on
            keys_sampled.as_of_date = feature_matrix.as_of_date
            and keys_sampled.customer_id = feature_matrix.customer_id
),

feature_values as (
    {{ pm_array_elements('customers_listed', 'feature_values', ['model_version']) }}
),

values_today as (
    select
        feature_values.model_version,
        feature_numbers.feature,
        feature_values.element as value
    from feature_values
    inner join feature_numbers
        on feature_values.position = feature_numbers.feature_number

    union all

    select
        model_version,
        'prediction' as feature,
        prediction as value
    from champion_scores
),

final as (
    select
        profile_bins.target,
        profile_bins.model_version,
        profile_bins.feature,
        profile_bins.bin,
        profile_bins.training_share,
        count(values_today.model_version) as customer_count
    from profile_bins
    left join values_today
        on
            profile_bins.model_version = values_today.model_version
            and profile_bins.feature = values_today.feature
            and case
                when profile_bins.bin = 0 then values_today.value is null
                else
                    profile_bins.lower <= values_today.value
                    and (
                        profile_bins.upper is null
                        or profile_bins.upper > values_today.value
                    )
            end
    group by
        profile_bins.target,
        profile_bins.model_version,
        profile_bins.feature,
        profile_bins.bin,
        profile_bins.training_share
)

select * from final
