with rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

cut_points as (
    {{ pm_rfm_cut_points('rfm_measures', 'as_of') }}
),

final as (
    select
        as_of_date,
        measure,
        cast(cut as integer) as cut,
        value,
        '{{ var("pm_rfm_threshold_mode") }}' as threshold_mode,
        measured_as_of
    from cut_points
    where
        value is not null
        and {{ var('pm_enable_rfm') }}
)

select * from final
