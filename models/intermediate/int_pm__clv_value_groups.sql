with clv_histories as (
    select * from {{ ref('int_pm__clv_histories') }}
    where split = 'test'
),

final as (
    select
        repeat_count,
        repeat_value,
        count(*) as customer_count
    from clv_histories
    where repeat_value > 0
    group by repeat_count, repeat_value
)

select * from final
