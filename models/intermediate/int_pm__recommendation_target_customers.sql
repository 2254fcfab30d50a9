with targets as (
    select * from {{ ref('int_pm__recommendation_targets') }}
    where fold = 'evaluate'
),

customers as (
    select * from {{ ref('int_pm__recommendation_customers') }}
    where fold = 'evaluate'
),

targets_counted as (
    select
        list,
        customer_id,
        count(*) as target_count
    from targets
    group by list, customer_id
),

final as (
    select
        targets_counted.list,
        targets_counted.customer_id,
        case
            when customers.order_count is null then 'no_order'
            when customers.order_count = 1 then 'one_order'
            when customers.order_count <= 4 then 'two_to_four_orders'
            else 'five_or_more_orders'
        end as segment,
        targets_counted.target_count
    from targets_counted
    left join customers
        on targets_counted.customer_id = customers.customer_id
)

select * from final
