{#- Days ahead -> months ahead, for those that are a number of months. -#}
{%- set months_ahead = {} -%}
{%- for month in range(1, var('pm_clv_horizons_months') | max + 1) -%}
    {%- do months_ahead.update({month * 365 / 12: month}) -%}
{%- endfor -%}
{%- for days in pm_clv_outlook_days() if days not in months_ahead -%}
    {%- do months_ahead.update({days: 'null'}) -%}
{%- endfor -%}
with clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
),

final as (
    {% for days, month in months_ahead.items() %}
        select
            split,
            cast({{ days }} as double) as horizon_days,
            cast({{ month }} as bigint) as month_number,
            {{ month in var('pm_clv_horizons_months') }} as has_interval
        from clv_calendar
        where split = 'score'

        union all

    {% endfor %}
    select
        split,
        cast(holdout_days as double) as horizon_days,
        cast(null as bigint) as month_number,
        true as has_interval
    from clv_calendar
    where split = 'test' and holdout_days > 0
)

select * from final
