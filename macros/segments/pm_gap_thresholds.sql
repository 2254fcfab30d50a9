{#
How long customers are usually silent, learned from the gaps between order days that were
over before a day: a query, one row per as_of_date of `learning_days`.

    {{ pm_gap_thresholds('order_days', 'learning_days') }}

`order_days` is int_pm__customer_order_days, `learning_days` has as_of_date and
learned_before. The columns are those of int_pm__lifecycle_thresholds.
#}
{% macro pm_gap_thresholds(order_days, learning_days) %}
{%- set least_gaps = 30 -%}
with gaps as (
    select
        learning_days.as_of_date,
        order_days.gap_days,
        order_days.gap_count,
        order_days.previous_log_gap_sum
    from {{ order_days }} as order_days
    inner join {{ learning_days }} as learning_days
        on order_days.order_date < learning_days.learned_before
    where order_days.gap_days is not null
),

gaps_summed as (
    select
        as_of_date,
        count(*) as gap_count,
        -- Rounded, since a sum of doubles ends in digits that depend on the threads.
        round(avg(ln(gap_days)), 9) as mean_log_gap
    from gaps
    group by as_of_date
),

-- How much longer than usual a gap was, as one would have said before it.
gap_ratios as (
    select
        gaps.as_of_date,
        gaps.gap_days / {{ pm_usual_gap_days(
            'gaps.previous_log_gap_sum',
            '(gaps.gap_count - 1)',
            'gaps_summed.mean_log_gap',
        ) }} as gap_ratio
    from gaps
    inner join gaps_summed
        on gaps.as_of_date = gaps_summed.as_of_date
),

factors as (
    select
        as_of_date,
        {% for name in ['cooling', 'lapsed'] %}
            round(cast(
                percentile_cont({{ var('pm_lifecycle_' ~ name ~ '_quantile') }})
                within group (order by gap_ratio)
                as double
            ), 6) as {{ name }}_factor{{ ',' if not loop.last }}
        {% endfor %}
    from gap_ratios
    group by as_of_date
)

select
    learning_days.as_of_date,
    learning_days.learned_before,
    cast(coalesce(gaps_summed.gap_count, 0) as bigint) as gap_count,
    -- Too few gaps tell nothing: the models' horizon is the usual gap.
    case
        when gaps_summed.gap_count >= {{ least_gaps }} then gaps_summed.mean_log_gap
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
from {{ learning_days }} as learning_days
left join gaps_summed
    on learning_days.as_of_date = gaps_summed.as_of_date
left join factors
    on learning_days.as_of_date = factors.as_of_date
{% endmacro %}
