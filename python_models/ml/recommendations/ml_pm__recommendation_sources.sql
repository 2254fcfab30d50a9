{#- The bought item that added most to the score by which a method proposed another one:
similarity times 1 + ln(orders of the bought item), as the method sums them up. For a
method that compares no items, the one that goes with it most by cosine. -#}
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

methods_with_neighbours as (
    select distinct method from item_neighbours
),

lists_by_measure as (
    select
        discover_lists.customer_id,
        discover_lists.item_id,
        coalesce(methods_with_neighbours.method, 'cosine') as measure
    from discover_lists
    left join methods_with_neighbours
        on discover_lists.method = methods_with_neighbours.method
),

similar_items_bought as (
    select
        lists_by_measure.customer_id,
        lists_by_measure.item_id,
        purchases.item_id as bought_item_id,
        row_number() over (
            partition by lists_by_measure.customer_id, lists_by_measure.item_id
            order by
                item_neighbours.similarity * (1 + ln(purchases.order_count)) desc,
                purchases.last_ordered_at desc,
                purchases.item_id asc
        ) as source_rank
    from lists_by_measure
    inner join purchases
        on lists_by_measure.customer_id = purchases.customer_id
    inner join item_neighbours
        on
            lists_by_measure.measure = item_neighbours.method
            and lists_by_measure.item_id = item_neighbours.item_id
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
