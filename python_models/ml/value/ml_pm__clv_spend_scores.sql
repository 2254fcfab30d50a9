with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split in ('test', 'score')
),

spend_parameters as (
    select * from {{ ref('ml_pm__clv_spend_parameters') }}
    where is_usable
),

linear_scores as (
    select
        clv_histories.split,
        clv_histories.as_of_date,
        clv_histories.customer_id,
        spend_parameters.model_version,
        spend_parameters.intercept
        {%- for feature in pm_spend_features() %}
            + {{ pm_linear_term(feature, is_clipped=false) }}
        {%- endfor %} as purchase_score,
        spend_parameters.spend_intercept
        {%- for feature in pm_spend_features() %}
            + {{ pm_linear_term(feature, 'spend_coefficient', is_clipped=false) }}
        {%- endfor %} as spend_score
    from clv_histories
    cross join spend_parameters
),

final as (
    select
        split,
        as_of_date,
        customer_id,
        model_version,
        1 / (1 + exp(-purchase_score)) as purchase_probability,
        exp(spend_score) as expected_spend_of_buyer,
        exp(spend_score) / (1 + exp(-purchase_score)) as predicted_spend
    from linear_scores
)

select * from final
