with all_order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

-- Learned before the first day that any model looks from: a bound that knew later
-- lines would carry them into the past.
first_feature_day as (
    select min(as_of_date) as as_of_date
    from feature_calendar
),

order_lines as (
    select all_order_lines.*
    from all_order_lines
    inner join first_feature_day
        on all_order_lines.ordered_at < first_feature_day.as_of_date
),

values_counted as (
    select
        'quantity' as measure,
        cast(quantity as double) as measured,
        count(*) as line_count
    from order_lines
    where not is_return and quantity > 0
    group by quantity

    union all

    select
        'net_amount' as measure,
        cast(net_amount as double) as measured,
        count(*) as line_count
    from order_lines
    where not is_return and net_amount > 0
    group by net_amount
),

values_cumulated as (
    select
        measure,
        measured,
        sum(line_count) over (
            partition by measure order by measured
            rows between unbounded preceding and current row
        ) as line_count_up_to_here,
        sum(line_count) over (partition by measure) as line_count_in_all
    from values_counted
),

quartiles as (
    select
        measure,
        min(
            case
                when line_count_up_to_here >= 0.25 * line_count_in_all then measured
            end
        ) as first_quartile,
        min(
            case
                when line_count_up_to_here >= 0.75 * line_count_in_all then measured
            end
        ) as third_quartile
    from values_cumulated
    group by measure
),

final as (
    select
        measure,
        first_quartile,
        third_quartile,
        -- Where half of all values are one value the range is nil; a factor of two
        -- then stands in for it, else every other value would be an outlier.
        third_quartile * exp(
            {{ var('pm_outlier_fence') }}
            * greatest(ln(third_quartile) - ln(first_quartile), ln(2))
        ) as upper_bound
    from quartiles
)

select * from final
