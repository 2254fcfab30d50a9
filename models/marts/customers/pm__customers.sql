with customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

customers as (
    select * from {{ ref('stg_pm__customers') }}
),

customer_attributes as (
    select * from {{ ref('ml_pm__customer_attributes') }}
),

rfm_scores as (
    select * from {{ ref('pm__rfm_scores') }}
),

customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

customer_lifecycle as (
    select * from {{ ref('pm__customer_lifecycle') }}
),

customer_scores as (
    select * from {{ ref('pm__customer_scores') }}
),

customer_lifetime_value as (
    select * from {{ ref('pm__customer_lifetime_value') }}
    where horizon_months = {{ var('pm_clv_horizons_months') | max }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

segment_labels as (
    select * from {{ ref('pm_rfm_segment_labels') }}
),

scores_side_by_side as (
    select
        customer_id,
        max(case when target = 'purchase' then probability end)
            as purchase_probability,
        max(case when target = 'purchase' then band end) as purchase_band,
        max(case when target = 'churn' then probability end) as churn_probability,
        max(case when target = 'churn' then band end) as churn_band,
        max(case when target = 'spend' then expected_value end) as expected_spend
    from customer_scores
    where target in ('purchase', 'churn', 'spend')
    group by customer_id
),

customer_ids as (
    select customer_id from customer_facts
    union
    select customer_id from customers
),

customers_labelled as (
    select
        customer_ids.customer_id,
        case
            when rfm_scores.rfm_segment is not null then rfm_scores.rfm_segment
            when {{ var('pm_enable_rfm') }} then 'prospect'
        end as rfm_segment
    from customer_ids
    left join rfm_scores
        on customer_ids.customer_id = rfm_scores.customer_id
),

final as (
    select
        as_of.as_of_date,
        customers_labelled.customer_id,
        customers_labelled.rfm_segment,
        segment_labels.label_{{ var('pm_language') }} as rfm_segment_label,
        customer_segments.segment_id,
        customer_segments.segment_name,
        customer_lifecycle.lifecycle_state,
        customer_facts.country,
        customer_facts.last_channel,
        customer_facts.favourite_category,
        customer_attributes.gender,
        customer_attributes.region,
        customer_attributes.language,
        customers.passthrough,
        cast(coalesce(customer_facts.order_count, 0) as bigint) as order_count,
        cast(coalesce(customer_facts.kept_order_count, 0) as bigint)
            as kept_order_count,
        cast(coalesce(customer_facts.return_order_count, 0) as bigint)
            as return_order_count,
        coalesce(customer_facts.item_count, 0) as item_count,
        cast(coalesce(customer_facts.category_count, 0) as bigint) as category_count,
        cast(coalesce(customer_facts.channel_count, 0) as bigint) as channel_count,
        coalesce(customer_facts.gross_revenue, 0) as gross_revenue,
        coalesce(customer_facts.discount_amount, 0) as discount_amount,
        coalesce(customer_facts.returned_revenue, 0) as returned_revenue,
        coalesce(customer_facts.net_revenue, 0) as net_revenue,
        customer_facts.average_order_value,
        customer_facts.mean_order_gap_days,
        customer_facts.order_gap_standard_deviation_days,
        customer_facts.longest_order_gap_days,
        rfm_scores.recency_days,
        rfm_scores.r_score,
        rfm_scores.f_score,
        rfm_scores.m_score,
        scores_side_by_side.purchase_probability,
        scores_side_by_side.purchase_band,
        scores_side_by_side.churn_probability,
        scores_side_by_side.churn_band,
        scores_side_by_side.expected_spend,
        customer_lifetime_value.probability_alive,
        customer_lifetime_value.predicted_clv,
        customer_attributes.income,
        coalesce(customer_attributes.is_gender_imputed, false) as is_gender_imputed,
        coalesce(customer_attributes.is_region_imputed, false) as is_region_imputed,
        coalesce(customer_attributes.is_language_imputed, false) as is_language_imputed,
        coalesce(customer_attributes.is_income_imputed, false) as is_income_imputed,
        coalesce(customer_attributes.is_birth_date_imputed, false)
            as is_birth_date_imputed,
        customers.customer_id is not null as is_in_customers_input,
        customer_attributes.birth_date,
        customers.signed_up_at,
        customer_facts.first_order_at,
        customer_facts.last_order_at,
        customer_facts.cohort_month
    from customers_labelled
    cross join as_of
    left join customer_facts
        on customers_labelled.customer_id = customer_facts.customer_id
    left join customers
        on customers_labelled.customer_id = customers.customer_id
    left join customer_attributes
        on customers_labelled.customer_id = customer_attributes.customer_id
    left join rfm_scores
        on customers_labelled.customer_id = rfm_scores.customer_id
    left join customer_segments
        on customers_labelled.customer_id = customer_segments.customer_id
    left join customer_lifecycle
        on customers_labelled.customer_id = customer_lifecycle.customer_id
    left join scores_side_by_side
        on customers_labelled.customer_id = scores_side_by_side.customer_id
    left join customer_lifetime_value
        on customers_labelled.customer_id = customer_lifetime_value.customer_id
    left join segment_labels
        on customers_labelled.rfm_segment = segment_labels.rfm_segment
)

select * from final
