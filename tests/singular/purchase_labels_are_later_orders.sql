-- The labels counted again from the orders themselves, per past day.
with customer_snapshots as (
    select * from {{ ref('int_pm__customer_snapshots') }}
    where split != 'score'
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

orders as (
    select * from {{ ref('pm__orders') }}
    where not is_return and not is_anonymous and not has_several_customers
),

snapshots_relabelled as (
    select
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        customer_snapshots.label,
        count(orders.order_id) as later_order_count
    from customer_snapshots
    inner join feature_calendar
        on customer_snapshots.as_of_date = feature_calendar.as_of_date
    left join orders
        on
            customer_snapshots.customer_id = orders.customer_id
            and feature_calendar.as_of_date <= orders.ordered_at
            and feature_calendar.label_end_date > orders.ordered_at
            and (
                orders.fully_returned_at is null
                or feature_calendar.label_end_date <= orders.fully_returned_at
            )
    group by
        customer_snapshots.as_of_date,
        customer_snapshots.customer_id,
        customer_snapshots.label
)

select *
from snapshots_relabelled
where label != case when later_order_count > 0 then 1 else 0 end
