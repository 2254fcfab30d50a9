with score_keys as (
    select * from {{ ref('ml_pm__score_keys') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

baseline_bins as (
    select * from {{ ref('ml_pm__baseline_bins') }}
    where fold = 'final' and bin > 0
),

final as (
    select
        score_keys.target,
        score_keys.kind,
        score_keys.as_of_date,
        score_keys.customer_id,
        baseline_bins.model_version,
        baseline_bins.value as score
    from score_keys
    inner join feature_matrix
        on
            score_keys.as_of_date = feature_matrix.as_of_date
            and score_keys.customer_id = feature_matrix.customer_id
    -- Every customer of a snapshot has an order, so none falls to bin 0.
    inner join baseline_bins
        on
            score_keys.target = baseline_bins.target
            and feature_matrix.recency_days >= baseline_bins.lower
            and feature_matrix.recency_days < baseline_bins.upper
)

select * from final
