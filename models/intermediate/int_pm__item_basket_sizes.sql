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

sizes_counted as (
    select
        basket_size,
        -- A basket of five items stands in five rows.
        cast(sum(basket_count) / basket_size as bigint) as sized_basket_count,
        sum(cast(basket_count as decimal(38, 0)) * basket_count) as sum_of_squares
    from items_counted
    group by basket_size
),

final as (
    select
        items_counted.item_id,
        items_counted.basket_size,
        items_counted.basket_count,
        sizes_counted.sized_basket_count,
        1
        - items_counted.basket_count / cast(sizes_counted.sized_basket_count as double)
            as absent_share,
        -- The sum of p is the basket size, that of p squared is exact in integers.
        sizes_counted.basket_size
        - cast(sizes_counted.sum_of_squares as double)
        / power(cast(sizes_counted.sized_basket_count as double), 2) as share_variance
    from items_counted
    inner join sizes_counted
        on items_counted.basket_size = sizes_counted.basket_size
)

select * from final
