with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'test'
),

final as (
    select
        repeat_count,
        active_days,
        age_days,
        count(*) as customer_count
    from clv_histories
    group by repeat_count, active_days, age_days
)

select * from final
