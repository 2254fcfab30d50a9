with thresholds as (
    select * from {{ ref('int_pm__lifecycle_thresholds') }}
),

final as (
    select
        as_of_date,
        learned_before,
        status,
        gap_count,
        exp(mean_log_gap) as usual_gap_days,
        cooling_factor,
        lapsed_factor
    from thresholds
)

select * from final
