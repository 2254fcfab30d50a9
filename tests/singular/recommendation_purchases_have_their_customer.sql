-- A purchase without its customer would stop the Python models, a customer without a
-- purchase would get lists of nothing.
with buyers as (
    select distinct
        fold,
        customer_id
    from {{ ref('int_pm__recommendation_purchases') }}
),

customers as (
    select * from {{ ref('int_pm__recommendation_customers') }}
)

select
    buyers.fold as fold_of_purchases,
    buyers.customer_id as customer_of_purchases,
    customers.fold,
    customers.customer_id
from buyers
full outer join customers
    on
        buyers.fold = customers.fold
        and buyers.customer_id = customers.customer_id
where buyers.customer_id is null or customers.customer_id is null
