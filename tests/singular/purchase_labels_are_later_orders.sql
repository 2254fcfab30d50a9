-- The labels counted again from the lines and what came back of them, per past day: an
-- order in the window of which some unit was still out when the window closed. An order
-- id shared by several customers is an order of each.
with purchase_labels as (
    select * from {{ ref('int_pm__customer_labels') }}
    where target = 'purchase' and label is not null
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

orders as (
    select
        customer_id,
        order_id,
        min(ordered_at) as ordered_at,
        sum(quantity) as units_sold
    from {{ ref('pm__order_lines') }}
    where not is_return and customer_id is not null
    group by customer_id, order_id
),

-- One row per order in a window.
orders_in_window as (
    select
        feature_calendar.as_of_date,
        orders.customer_id,
        orders.order_id,
        orders.units_sold,
        coalesce(sum(return_matches.quantity), 0) as units_back
    from orders
    inner join feature_calendar
        on
            orders.ordered_at >= feature_calendar.label_start_date
            and orders.ordered_at < feature_calendar.label_end_date
    left join {{ ref('int_pm__return_matches') }} as return_matches
        on
            orders.order_id = return_matches.sale_order_id
            and orders.customer_id = return_matches.customer_id
            and feature_calendar.label_end_date > return_matches.returned_at
    group by
        feature_calendar.as_of_date,
        orders.customer_id,
        orders.order_id,
        orders.units_sold
),

buyers as (
    select distinct
        as_of_date,
        customer_id
    from orders_in_window
    where units_back = 0 or units_back < units_sold
)

select
    purchase_labels.as_of_date,
    purchase_labels.customer_id,
    purchase_labels.label
from purchase_labels
left join buyers
    on
        purchase_labels.as_of_date = buyers.as_of_date
        and purchase_labels.customer_id = buyers.customer_id
where
    purchase_labels.label
    is distinct from case when buyers.customer_id is null then 0 else 1 end
