{%- set windows = [30, 90, 365] -%}
with activity as (
    select * from {{ ref('int_pm__activity_choices') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

target_categories as (
    select * from {{ ref('int_pm__target_categories') }}
),

-- Of each choice the last day before as_of_date, whose number is how often it was made:
-- counting distinct choices window by window would hold them all.
last_choices as (
    select
        feature_calendar.as_of_date,
        activity.customer_id,
        activity.dimension,
        target_categories.category_number,
        activity.choice_day_number,
        {{ pm_calendar_days_between(
            'activity.activity_date', 'feature_calendar.as_of_date'
        ) }} as days_ago
    from activity
    inner join feature_calendar
        on
            activity.activity_date < feature_calendar.as_of_date
            and activity.next_activity_date >= feature_calendar.as_of_date
    left join target_categories
        on
            activity.choice = target_categories.category
            and activity.dimension = 'category'
),

final as (
    select
        as_of_date,
        customer_id,
        {% for plural, dimension in {
            'categories': 'category', 'channels': 'channel',
        }.items() %}
            {% for days in windows %}
                cast(sum(
                    case
                        when dimension = '{{ dimension }}' and days_ago <= {{ days }}
                            then 1
                        else 0
                    end
                ) as double) as {{ plural }}_{{ days }}d,
            {% endfor %}
            cast(
                sum(case when dimension = '{{ dimension }}' then 1 else 0 end) as double
            ) as {{ plural }}_lifetime,
            cast(
                max(case when dimension = '{{ dimension }}' then choice_day_number end)
                as double
            ) / nullif(
                sum(
                    case
                        when dimension = '{{ dimension }}' then choice_day_number
                        else 0
                    end
                ),
                0
            ) as top_{{ dimension }}_share,
        {% endfor %}
        {% for number in range(1, var('pm_target_category_count') + 1) %}
            cast(
                max(
                    case
                        when category_number = {{ number }} then choice_day_number
                        else 0
                    end
                )
                as double
            ) as category_{{ number }}_days,
            cast(
                min(case when category_number = {{ number }} then days_ago end)
                as double
            ) as category_{{ number }}_recency_days,
        {% endfor %}
        cast(count(*) as double) as choice_count
    from last_choices
    group by as_of_date, customer_id
)

select * from final
