with activity as (
    select * from {{ ref('int_pm__activity_engagement') }}
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
        ) }} as days_ago
    from activity
    inner join feature_calendar
        on activity.activity_date < feature_calendar.as_of_date
),

final as (
    select
        as_of_date,
        customer_id,
        {{ pm_windowed_sums('engagement') }},
        cast(sum(rating_sum) as double) / nullif(sum(rating_count), 0) as mean_rating,
        cast(min(case when event_count > 0 then days_ago end) as double)
            as days_since_event,
        cast(min(case when contact_count > 0 then days_ago end) as double)
            as days_since_contact
    from days_known
    group by as_of_date, customer_id
)

select * from final
