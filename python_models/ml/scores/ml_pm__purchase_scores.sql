with purchase_snapshots as (
    select * from {{ ref('int_pm__purchase_snapshots') }}
),

purchase_parameters as (
    select * from {{ ref('ml_pm__purchase_parameters') }}
),

purchase_baseline as (
    select * from {{ ref('ml_pm__purchase_baseline') }}
    where lower is not null
),

linear_scores as (
    select
        purchase_snapshots.as_of_date,
        purchase_snapshots.customer_id,
        purchase_snapshots.split,
        purchase_snapshots.label,
        purchase_snapshots.recency_days,
        purchase_parameters.target,
        purchase_parameters.model_version,
        purchase_parameters.status_code,
        purchase_parameters.intercept
        {%- for feature in pm_purchase_features() %}
            + {{ pm_linear_term(feature) }}
        {%- endfor %} as linear_score
    from purchase_snapshots
    cross join purchase_parameters
),

final as (
    select
        linear_scores.as_of_date,
        linear_scores.customer_id,
        linear_scores.split,
        linear_scores.label,
        linear_scores.target,
        linear_scores.model_version,
        linear_scores.status_code,
        linear_scores.linear_score,
        1 / (1 + exp(-linear_scores.linear_score)) as probability,
        purchase_baseline.rate as baseline_probability
    from linear_scores
    left join purchase_baseline
        on
            linear_scores.recency_days >= purchase_baseline.lower
            and linear_scores.recency_days < purchase_baseline.upper
)

select * from final
