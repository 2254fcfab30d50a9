with basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

items_counted as (
    select
        item_id,
        basket_size,
        count(*) as basket_count
    from basket_items
    group by item_id, basket_size
),

final as (
    select
        item_id,
        basket_size,
        basket_count,
        -- A basket of five items stands in five rows.
        cast(
            sum(basket_count) over (partition by basket_size) / basket_size as bigint
        ) as sized_basket_count
    from items_counted
)

select * from final
