{#- Train windows end where the window of their origin begins, and the windows of two
origins only touch: no day is learned from and judged, nor judged twice. -#}
{%- set gap = var('pm_label_gap_days') -%}
{%- set horizon = var('pm_horizon_days') -%}
{%- set slide = var('pm_training_slide_days') -%}
with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- A past day with little history behind it would teach that nobody has any.
histories as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', horizon, 'first_order_date') }} as date)
            as first_usable_date,
        {{ pm_calendar_days_between('first_order_date', 'as_of_date') }}
        - {{ 2 * horizon + gap }} as usable_days
    from as_of
    where as_of_date is not null
),

-- The last past day whose window has closed. Past days are counted from the first
-- order, in whole steps: they stay where they are while as_of_date moves day by day.
last_days as (
    select
        as_of_date,
        first_usable_date,
        cast({{ dbt.dateadd(
            'day',
            'cast(usable_days - usable_days % ' ~ slide ~ ' as integer)',
            'first_usable_date',
        ) }} as date) as last_closed_date
    from histories
    where usable_days >= 0
),

origins as (
    {% for number in range(1, var('pm_evaluation_origins') + 1) %}
        select
            'origin_{{ number }}' as fold,
            cast({{ dbt.dateadd(
                'day', -horizon * (number - 1), 'last_closed_date'
            ) }} as date) as origin_date,
            'test' as origin_split,
            cast({{ dbt.dateadd(
                'day', -horizon * number - gap, 'last_closed_date'
            ) }} as date) as last_train_date,
            first_usable_date
        from last_days

        union all
    {% endfor %}

    select
        'final' as fold,
        as_of_date as origin_date,
        'score' as origin_split,
        last_closed_date as last_train_date,
        first_usable_date
    from last_days
),

train_days as (
    {% for step in range(var('pm_training_snapshots')) %}
        select
            fold,
            origin_date,
            cast({{ dbt.dateadd('day', -slide * step, 'last_train_date') }} as date)
                as as_of_date,
            'train' as split,
            first_usable_date
        from origins
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

train_days_usable as (
    select
        fold,
        origin_date,
        as_of_date,
        split
    from train_days
    where as_of_date >= first_usable_date
),

-- An origin that nothing was learned for judges nothing.
test_days as (
    select
        fold,
        origin_date,
        origin_date as as_of_date,
        origin_split as split
    from origins
    where
        origin_split = 'test'
        and fold in (select train_days_usable.fold from train_days_usable)
),

score_days as (
    select
        'final' as fold,
        as_of_date as origin_date,
        as_of_date,
        'score' as split
    from histories
),

final as (
    select * from train_days_usable
    union all
    select * from test_days
    union all
    select * from score_days
)

select * from final
