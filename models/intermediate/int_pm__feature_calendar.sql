{%- set gap = var('pm_label_gap_days') -%}
with model_folds as (
    select * from {{ ref('int_pm__model_folds') }}
),

days_used as (
    select distinct as_of_date
    from model_folds
),

final as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', gap, 'as_of_date') }} as date) as label_start_date,
        cast({{ dbt.dateadd(
            'day', gap + var('pm_horizon_days'), 'as_of_date'
        ) }} as date) as label_end_date
    from days_used
)

select * from final
