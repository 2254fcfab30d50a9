with customers as (
    select * from {{ ref('stg_pm__customers') }}
    where {{ var('pm_enable_scores') }}
),

activity_orders as (
    select * from {{ ref('int_pm__activity_orders') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

-- The rows of the first training day: what is common later is not known on that day.
first_feature_day as (
    select min(as_of_date) as as_of_date
    from feature_calendar
),

first_customers as (
    select distinct activity_orders.customer_id
    from activity_orders
    inner join first_feature_day
        on activity_orders.activity_date < first_feature_day.as_of_date
),

attributes as (
    select
        cast(null as string) as attribute,
        cast(null as string) as level
    from customers
    where false

    {% for attribute in pm_attribute_features() %}
        union all

        select
            '{{ attribute }}' as attribute,
            customers.{{ attribute }} as level
        from customers
        inner join first_customers
            on customers.customer_id = first_customers.customer_id
    {% endfor %}
),

attributes_counted as (
    select
        attribute,
        count(*) as total_count
    from attributes
    group by attribute
),

levels_counted as (
    select
        attribute,
        level,
        count(*) as customer_count
    from attributes
    where level is not null
    group by attribute, level
),

levels_ranked as (
    select
        levels_counted.attribute,
        levels_counted.level,
        levels_counted.customer_count
        / cast(attributes_counted.total_count as double) as share,
        row_number() over (
            partition by levels_counted.attribute
            order by levels_counted.customer_count desc, levels_counted.level asc
        ) as level_rank
    from levels_counted
    inner join attributes_counted
        on levels_counted.attribute = attributes_counted.attribute
),

-- Numbered by the alphabet: levels about as common change places from one first day to
-- the next, and all snapshots would have to be made anew.
final as (
    select
        attribute,
        cast(
            row_number() over (partition by attribute order by level) as integer
        ) as level_number,
        level,
        share
    from levels_ranked
    where
        level_rank <= {{ var('pm_attribute_max_levels') }}
        and share >= {{ var('pm_attribute_min_share') }}
)

select * from final
