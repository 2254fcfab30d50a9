with order_days as (
    select * from {{ ref('int_pm__customer_order_days') }}
),

-- Each day learns from the gaps that were over by then, and from no later one.
learning_days as (
    select
        as_of_date,
        as_of_date as learned_before
    from {{ ref('int_pm__feature_calendar') }}
    where {{ var('pm_enable_scores') }}
),

final as (
    {{ pm_gap_thresholds('order_days', 'learning_days') }}
)

select * from final
