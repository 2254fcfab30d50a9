with item_basket_sizes as (
    select * from {{ ref('int_pm__item_basket_sizes') }}
),

baskets_by_size as (
    select
        basket_size,
        max(sized_basket_count) as basket_count
    from item_basket_sizes
    group by basket_size
),

baskets_counted as (
    select
        cast(sum(basket_count) as bigint) as total_basket_count,
        {{ pm_minimum_basket_count('sum(basket_count)') }} as minimum_basket_count
    from baskets_by_size
),

items_counted as (
    select
        item_id,
        cast(sum(basket_count) as bigint) as basket_count
    from item_basket_sizes
    group by item_id
),

final as (
    select
        items_counted.item_id,
        cast(
            row_number() over (
                order by items_counted.basket_count desc, items_counted.item_id asc
            ) as integer
        ) as item_rank,
        items_counted.basket_count,
        baskets_counted.total_basket_count,
        baskets_counted.minimum_basket_count
    from items_counted
    inner join baskets_counted
        on items_counted.basket_count >= baskets_counted.minimum_basket_count
)

select * from final
