-- Everybody with an order before as_of_date and everybody in the customers input is in
-- the customer 360, nobody else, and no join along the way changed their totals.
with customers as (
    select * from {{ ref('pm__customers') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

customers_expected as (
    select
        coalesce(customer_facts.customer_id, customers_input.customer_id)
            as customer_id,
        coalesce(customer_facts.order_count, 0) as order_count,
        coalesce(customer_facts.net_revenue, 0) as net_revenue
    from customer_facts
    full outer join {{ ref('stg_pm__customers') }} as customers_input
        on customer_facts.customer_id = customers_input.customer_id
)

select
    customers.customer_id,
    customers_expected.customer_id as expected_customer_id
from customers
full outer join customers_expected
    on customers.customer_id = customers_expected.customer_id
where
    customers.customer_id is null
    or customers_expected.customer_id is null
    or customers.order_count != customers_expected.order_count
    or customers.net_revenue != customers_expected.net_revenue
