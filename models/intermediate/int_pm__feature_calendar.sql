{%- set horizon = var('pm_horizon_days') -%}
with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- Training windows end where the test window begins, so no day is learned from twice.
days_wanted as (
    select
        as_of_date,
        first_order_date,
        'score' as split
    from as_of

    union all

    select
        cast({{ dbt.dateadd('day', -horizon, 'as_of_date') }} as date) as as_of_date,
        first_order_date,
        'test' as split
    from as_of

    {% for step in range(var('pm_training_snapshots')) %}
        union all

        select
            cast({{ dbt.dateadd(
                'day',
                -(2 * horizon + step * var('pm_training_slide_days')),
                'as_of_date',
            ) }} as date) as as_of_date,
            first_order_date,
            'train' as split
        from as_of
    {% endfor %}
),

final as (
    select
        as_of_date,
        split,
        cast({{ dbt.dateadd('day', horizon, 'as_of_date') }} as date) as label_end_date
    from days_wanted
    where
        as_of_date is not null
        and (
            split = 'score'
            -- A past day with little history behind it would teach that nobody has any.
            or as_of_date >= {{ dbt.dateadd('day', horizon, 'first_order_date') }}
        )
)

select * from final
