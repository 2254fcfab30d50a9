with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where {{ var('pm_enable_rfm') }}
),

-- With frozen cut points also the day that they are from.
days_measured as (
    select as_of_date from calendar
    union
    select {{ pm_rfm_measured_as_of('as_of_date') }} as as_of_date from calendar
),

rfm_measured as (
    {{ pm_rfm_measured('customer_orders', 'days_measured') }}
),

cut_points as (
    {{ pm_rfm_cut_points('rfm_measured', 'calendar') }}
),

rfm_scored as (
    {{ pm_rfm_scored('rfm_measured', 'cut_points', is_cut_on_its_own_day=true) }}
),

final as (
    select
        calendar.fold,
        rfm_scored.customer_id,
        rfm_scored.rfm_segment
    from rfm_scored
    inner join calendar
        on rfm_scored.as_of_date = calendar.as_of_date
)

select * from final
