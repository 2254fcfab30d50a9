{%- set least_gaps = 30 -%}
with order_days as (
    select * from {{ ref('int_pm__customer_order_days') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- The last months are kept out, so that a forecast of them can be judged.
learning_days as (
    select
        as_of_date,
        cast({{ dbt.dateadd(
            'month',
            -var('pm_forecast_test_months'),
            dbt.date_trunc('month', 'as_of_date'),
        ) }} as date) as learned_before
    from as_of
    where as_of_date is not null and {{ var('pm_enable_segments') }}
),

gaps as (
    select
        order_days.gap_days,
        order_days.gap_count,
        order_days.previous_log_gap_sum
    from order_days
    cross join learning_days
    where
        order_days.gap_days is not null
        and order_days.order_date < learning_days.learned_before
),

gaps_summed as (
    select
        count(*) as gap_count,
        -- Rounded, since a sum of doubles ends in digits that depend on the threads.
        round(avg(ln(gap_days)), 9) as mean_log_gap
    from gaps
),

-- How much longer than usual a gap was, as one would have said before it.
gap_ratios as (
    select
        gaps.gap_days / {{ pm_usual_gap_days(
            'gaps.previous_log_gap_sum',
            '(gaps.gap_count - 1)',
            'gaps_summed.mean_log_gap',
        ) }} as gap_ratio
    from gaps
    cross join gaps_summed
),

factors as (
    select
        round(cast(
            percentile_cont({{ var('pm_lifecycle_cooling_quantile') }})
            within group (order by gap_ratio)
            as double
        ), 6) as cooling_factor,
        round(cast(
            percentile_cont({{ var('pm_lifecycle_lapsed_quantile') }})
            within group (order by gap_ratio)
            as double
        ), 6) as lapsed_factor
    from gap_ratios
),

final as (
    select
        learning_days.as_of_date,
        learning_days.learned_before,
        cast(gaps_summed.gap_count as bigint) as gap_count,
        -- Too few gaps tell nothing: the purchase model's horizon is the usual gap.
        case
            when gaps_summed.gap_count >= {{ least_gaps }}
                then gaps_summed.mean_log_gap
            else ln({{ var('pm_horizon_days') }})
        end as mean_log_gap,
        case
            when gaps_summed.gap_count >= {{ least_gaps }} then factors.cooling_factor
            else 1.0
        end as cooling_factor,
        case
            when gaps_summed.gap_count >= {{ least_gaps }} then factors.lapsed_factor
            else 2.0
        end as lapsed_factor,
        case
            when gaps_summed.gap_count >= {{ least_gaps }} then 'learned'
            else 'too_few_gaps'
        end as status
    from learning_days
    cross join gaps_summed
    cross join factors
)

select * from final
