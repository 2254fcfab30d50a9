{#- The bought item that added most to the score by which a method proposed another one:
similarity times 1 + ln(orders of the bought item), as the method sums them up. -#}
with discover_lists as (
    select * from {{ ref('ml_pm__discover_lists') }}
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
    where fold = 'final'
),

item_neighbours as (
    select * from {{ ref('ml_pm__item_neighbours') }}
),

similar_items_bought as (
    select
        discover_lists.customer_id,
        discover_lists.item_id,
        purchases.item_id as bought_item_id,
        row_number() over (
            partition by discover_lists.customer_id, discover_lists.item_id
            order by
                item_neighbours.similarity * (1 + ln(purchases.order_count)) desc,
                purchases.last_ordered_at desc,
                purchases.item_id asc
        ) as source_rank
    from discover_lists
    inner join purchases
        on discover_lists.customer_id = purchases.customer_id
    inner join item_neighbours
        on
            discover_lists.method = item_neighbours.method
            and discover_lists.item_id = item_neighbours.item_id
            and purchases.item_id = item_neighbours.similar_item_id
),

final as (
    select
        customer_id,
        item_id,
        bought_item_id
    from similar_items_bought
    where source_rank = 1
)

select * from final
