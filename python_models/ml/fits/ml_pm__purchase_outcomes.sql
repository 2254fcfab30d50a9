with fold_keys as (
    select * from {{ ref('ml_pm__fold_keys') }}
    where target = 'purchase'
),

final as (
    select
        -- People, not snapshots: one buyer seen on four days is one witness.
        count(distinct case when fold = 'final' and label = 1 then customer_id end)
            as train_buyer_count,
        count(distinct case when fold = 'final' and label = 0 then customer_id end)
            as train_non_buyer_count,
        count(
            distinct case
                when fold = 'origin_1' and split = 'test' then customer_id
            end
        ) as test_customer_count,
        count(
            distinct case
                when fold = 'origin_1' and split = 'test' and label = 1
                    then customer_id
            end
        ) as test_buyer_count
    from fold_keys
)

select * from final
