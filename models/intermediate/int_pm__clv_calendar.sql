{%- set last_day = var('pm_clv_calibration_end') -%}
with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

calibration as (
    select
        first_order_date,
        as_of_date,
        {% if last_day %}
            least(
                as_of_date,
                cast({{ dbt.dateadd('day', 1, pm_date_literal(last_day)) }} as date)
            ) as calibration_end_date
        {% else %}
            cast(
                {{ dbt.dateadd('day', -var('pm_clv_holdout_days'), 'as_of_date') }}
                as date
            ) as calibration_end_date
        {% endif %}
    from as_of
    where {{ var('pm_enable_value') }}
),

calibration_measured as (
    select
        *,
        {{ pm_calendar_days_between('calibration_end_date', 'as_of_date') }}
            as holdout_days
    from calibration
),

days_wanted as (
    select
        'score' as split,
        as_of_date,
        cast(null as date) as label_end_date,
        holdout_days,
        first_order_date
    from calibration_measured

    union all

    select
        'test' as split,
        calibration_end_date as as_of_date,
        as_of_date as label_end_date,
        holdout_days,
        first_order_date
    from calibration_measured

    union all

    -- The days before those that the models are judged on, and as many.
    select
        'train' as split,
        cast(
            {{ dbt.dateadd('day', '-holdout_days', 'calibration_end_date') }} as date
        ) as as_of_date,
        calibration_end_date as label_end_date,
        holdout_days,
        first_order_date
    from calibration_measured
    where holdout_days > 0
),

final as (
    select
        split,
        as_of_date,
        label_end_date,
        cast(holdout_days as bigint) as holdout_days
    from days_wanted
    where as_of_date > first_order_date
)

select * from final
