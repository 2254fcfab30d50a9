with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
    where not is_anonymous
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where label_end_date is not null
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
),

-- Of the window's sales only what came back within the window counts as returned.
lines_kept as (
    {{ pm_kept_sale_lines(
        'order_lines', 'return_matches', 'calendar', 'label_end_date'
    ) }}
),

items_bought as (
    select distinct
        lines_kept.fold,
        lines_kept.customer_id,
        lines_kept.item_id
    from lines_kept
    inner join calendar
        on
            lines_kept.fold = calendar.fold
            and lines_kept.ordered_at >= calendar.as_of_date
),

final as (
    select
        items_bought.fold,
        case when purchases.item_id is null then 'discover' else 'buy_again' end
            as list,
        items_bought.customer_id,
        items_bought.item_id
    from items_bought
    left join purchases
        on
            items_bought.fold = purchases.fold
            and items_bought.customer_id = purchases.customer_id
            and items_bought.item_id = purchases.item_id
)

select * from final
