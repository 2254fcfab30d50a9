with behaviour_states as (
    select * from {{ ref('int_pm__behaviour_states') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

behaviour_today as (
    select
        as_of.as_of_date,
        behaviour_states.*
    from behaviour_states
    cross join as_of
    where behaviour_states.valid_to is null
),

measured as (
    {{ pm_segment_measured('behaviour_today') }}
),

final as (
    select
        as_of_date,
        customer_id,
        recency_days,
        order_count,
        net_revenue,
        average_order_value,
        order_value,
        orders_per_year,
        order_gap_days,
        tenure_days,
        basket_size,
        category_count,
        top_category_share,
        discount_share,
        return_share,
        main_channel_share,
        weekend_share,
        evening_share,
        age_years,
        income,
        has_main_gender,
        has_main_region,
        has_main_language
    from measured
)

select * from final
