with rfm_thresholds as (
    select * from {{ ref('int_pm__rfm_thresholds') }}
),

final as (
    select
        as_of_date,
        measure,
        cut,
        value,
        threshold_mode,
        measured_as_of
    from rfm_thresholds
)

select * from final
