-- No purchase that a fold knows lies in its window or later, and only what the customer
-- had before is bought again: a leak would flatter every list.
with calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
),

targets as (
    select * from {{ ref('int_pm__recommendation_targets') }}
)

select
    purchases.fold,
    purchases.customer_id,
    purchases.item_id,
    'known too early' as problem
from purchases
inner join calendar
    on purchases.fold = calendar.fold
where purchases.last_ordered_at >= calendar.as_of_date

union all

select
    targets.fold,
    targets.customer_id,
    targets.item_id,
    'in the wrong list' as problem
from targets
left join purchases
    on
        targets.fold = purchases.fold
        and targets.customer_id = purchases.customer_id
        and targets.item_id = purchases.item_id
where (targets.list = 'buy_again') != (purchases.item_id is not null)
