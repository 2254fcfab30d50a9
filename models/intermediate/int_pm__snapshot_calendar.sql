with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

month_starts as (
    {% for months_back in range(var('pm_snapshot_months')) %}
        select
            cast({{ dbt.dateadd(
                'month', -months_back, dbt.date_trunc('month', 'as_of_date')
            ) }} as date) as snapshot_date,
            cast({{ months_back }} as integer) as months_back,
            first_order_date
        from as_of
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

days_wanted as (
    select
        snapshot_date,
        months_back,
        first_order_date
    from month_starts

    union all

    -- The month that is still running; no step of a whole month leads to it.
    select
        as_of_date as snapshot_date,
        cast(null as integer) as months_back,
        first_order_date
    from as_of
    where as_of_date != cast({{ dbt.date_trunc('month', 'as_of_date') }} as date)
),

final as (
    select
        snapshot_date,
        months_back,
        months_back is not null as is_month_start
    from days_wanted
    where snapshot_date > first_order_date
)

select * from final
