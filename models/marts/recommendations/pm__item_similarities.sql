with item_neighbours as (
    select * from {{ ref('ml_pm__item_neighbours') }}
),

items as (
    select * from {{ ref('int_pm__recommendation_items') }}
    where fold = 'final'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of.as_of_date,
        item_neighbours.method,
        item_neighbours.item_id,
        item_neighbours.similar_item_id,
        items.item_name,
        similar_items.item_name as similar_item_name,
        cast(item_neighbours.rank as bigint) as rank,
        cast(item_neighbours.similarity as double) as similarity
    from item_neighbours
    cross join as_of
    left join items
        on item_neighbours.item_id = items.item_id
    left join items as similar_items
        on item_neighbours.similar_item_id = similar_items.item_id
)

select * from final
