with transition_models as (
    select * from {{ ref('ml_pm__transition_models') }}
    where fit = 'test' and component in ('forecast', 'actual', 'no_change')
),

last_months as (
    select max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
    where is_month_start
),

counts as (
    select
        model_version,
        scheme,
        from_segment as segment,
        step
        {%- for component in ['forecast', 'no_change', 'actual'] -%}
            ,
            max(case when component = '{{ component }}' then value end)
                as {{ component }}_count
        {%- endfor %}
    from transition_models
    group by model_version, scheme, from_segment, step
),

final as (
    select
        counts.scheme,
        counts.segment,
        cast(counts.step as integer) as months_ahead,
        cast({{ dbt.dateadd(
            'month',
            'cast(counts.step as integer) - ' ~ var('pm_forecast_test_months'),
            'last_months.last_date',
        ) }} as date) as forecast_date,
        counts.model_version,
        counts.forecast_count,
        counts.no_change_count,
        counts.actual_count,
        abs(counts.forecast_count - counts.actual_count) as forecast_error,
        abs(counts.no_change_count - counts.actual_count) as no_change_error
    from counts
    cross join last_months
)

select * from final
