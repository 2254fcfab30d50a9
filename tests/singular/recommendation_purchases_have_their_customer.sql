-- A purchase without its customer would stop the Python models, one without a purchase
-- would get lists of nothing.
with buyers as (
    select distinct
        fold,
        customer_id
    from {{ ref('int_pm__recommendation_purchases') }}
),

customers as (
    select
        fold,
        customer_id
    from {{ ref('int_pm__recommendation_customers') }}
)

(
    select * from buyers
    except
    select * from customers
)

union all

(
    select * from customers
    except
    select * from buyers
)
