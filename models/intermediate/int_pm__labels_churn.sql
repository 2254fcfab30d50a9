with labels_purchase as (
    select * from {{ ref('int_pm__labels_purchase') }}
),

active_customers as (
    select * from {{ ref('int_pm__active_customers') }}
),

-- The other side of a purchase, among those who were there to leave.
final as (
    select
        'churn' as target,
        labels_purchase.as_of_date,
        labels_purchase.customer_id,
        1 - labels_purchase.label as label
    from labels_purchase
    inner join active_customers
        on
            labels_purchase.as_of_date = active_customers.as_of_date
            and labels_purchase.customer_id = active_customers.customer_id
)

select * from final
