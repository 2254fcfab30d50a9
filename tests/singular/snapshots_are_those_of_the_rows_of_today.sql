-- Each snapshot carries the fingerprint of the rows it was made from, and each day on
-- which somebody was there to look at has some.
with customer_days as (
    select distinct
        as_of_date,
        fingerprint
    from {{ ref('int_pm__customer_snapshots') }}
),

fingerprints as (
    select * from {{ ref('int_pm__snapshot_fingerprints') }}
),

days_with_customers as (
    select distinct as_of_date
    from {{ ref('int_pm__snapshot_orders') }}
    where orders_lifetime > 0
)

select
    customer_days.as_of_date,
    'of other rows' as problem
from customer_days
left join fingerprints
    on
        customer_days.as_of_date = fingerprints.as_of_date
        and customer_days.fingerprint = fingerprints.fingerprint
where fingerprints.as_of_date is null

union all

select
    days_with_customers.as_of_date,
    'missing' as problem
from days_with_customers
left join customer_days
    on days_with_customers.as_of_date = customer_days.as_of_date
where customer_days.as_of_date is null
