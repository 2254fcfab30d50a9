with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
    where not is_anonymous
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
),

-- What was sent back by that day is no purchase: it says nothing good of the item.
lines_kept as (
    {{ pm_kept_sale_lines('order_lines', 'return_matches', 'calendar', 'as_of_date') }}
),

-- One row per order first: counting distinct orders costs more than this step.
orders_known as (
    select
        fold,
        customer_id,
        item_id,
        order_id,
        sum(kept_quantity) as quantity,
        min(ordered_at) as ordered_at
    from lines_kept
    group by fold, customer_id, item_id, order_id
),

final as (
    select
        fold,
        customer_id,
        item_id,
        count(*) as order_count,
        cast(sum(quantity) as decimal(18,3)) as quantity,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at
    from orders_known
    group by fold, customer_id, item_id
)

select * from final
