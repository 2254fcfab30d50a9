with choices as (
    select * from {{ ref('int_pm__activity_choices') }}
    where dimension = 'category'
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

-- Chosen before the first day that any model looks from: which categories will be the
-- largest is not known on that day.
first_feature_day as (
    select min(as_of_date) as as_of_date
    from feature_calendar
),

categories_ranked as (
    select
        choices.choice as category,
        first_feature_day.as_of_date as chosen_as_of_date,
        count(*) as order_day_count,
        row_number() over (order by count(*) desc, choices.choice asc)
            as category_number
    from choices
    inner join first_feature_day
        on choices.activity_date < first_feature_day.as_of_date
    group by choices.choice, first_feature_day.as_of_date
),

final as (
    select
        cast(category_number as integer) as category_number,
        category,
        order_day_count,
        chosen_as_of_date
    from categories_ranked
    where category_number <= {{ var('pm_target_category_count') }}
)

select * from final
