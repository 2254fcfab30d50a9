with customer_snapshots as (
    select
        as_of_date,
        customer_id
    from {{ ref('int_pm__customer_snapshots') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

target_categories as (
    select * from {{ ref('int_pm__target_categories') }}
),

buyers as (
    {{ pm_category_buyers('feature_calendar', 'target_categories') }}
),

final as (
    select
        'category_'
        || cast(target_categories.category_number as string) as target,
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        {{ pm_closed_label('case when buyers.customer_id is null then 0 else 1 end') }}
            as label
    from customer_snapshots
    inner join feature_calendar
        on customer_snapshots.as_of_date = feature_calendar.as_of_date
    cross join as_of
    cross join target_categories
    left join buyers
        on
            customer_snapshots.as_of_date = buyers.as_of_date
            and customer_snapshots.customer_id = buyers.customer_id
            and target_categories.category = buyers.category
)

select * from final
