{#- Read through a filter on as_of_date, which goes down to the calendar: a view, so
that only the days that are due are summed. -#}
with activity as (
    select * from {{ ref('int_pm__activity_orders') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

days_known as (
    select
        feature_calendar.as_of_date,
        activity.*,
        {{ pm_calendar_days_between(
            'activity.activity_date', 'feature_calendar.as_of_date'
        ) }} as days_ago,
        coalesce(activity.undone_date >= feature_calendar.as_of_date, true) as is_kept
    from activity
    inner join feature_calendar
        on activity.activity_date < feature_calendar.as_of_date
),

final as (
    select
        as_of_date,
        customer_id,
        {{ pm_windowed_sums('orders') }},
        {% for column in [
            'weekend_order_count', 'evening_order_count', 'discounted_order_count',
            'sold_revenue',
        ] %}
            cast(sum(case when is_kept then {{ column }} else 0 end) as double)
                as {{ column }},
        {% endfor %}
        cast(sum(return_count) as double) as return_count,
        cast(sum(gross_revenue) as double) as gross_revenue,
        cast(sum(case when days_ago <= 365 then gross_revenue else 0 end) as double)
            as gross_revenue_365d,
        min(case when is_kept then first_ordered_at end) as first_ordered_at,
        max(case when is_kept then last_ordered_at end) as last_ordered_at
    from days_known
    group by as_of_date, customer_id
)

select * from final
