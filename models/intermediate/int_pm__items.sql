with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

items as (
    select * from {{ ref('stg_pm__items') }}
),

labels_counted as (
    select
        item_id,
        item_name,
        category,
        count(*) as line_count
    from order_lines
    group by item_id, item_name, category
),

names_ranked as (
    select
        item_id,
        item_name,
        row_number() over (
            partition by item_id
            order by sum(line_count) desc, item_name asc
        ) as name_rank,
        count(*) over (partition by item_id) as name_count
    from labels_counted
    where item_name is not null
    group by item_id, item_name
),

categories_ranked as (
    select
        item_id,
        category,
        row_number() over (
            partition by item_id
            order by sum(line_count) desc, category asc
        ) as category_rank
    from labels_counted
    where category is not null
    group by item_id, category
),

item_ids as (
    select item_id from labels_counted
    union
    select item_id from items
),

final as (
    select
        item_ids.item_id,
        coalesce(items.item_name, names_ranked.item_name) as item_name,
        coalesce(items.category, categories_ranked.category) as category,
        items.brand,
        items.list_price,
        items.unit_cost,
        items.description,
        coalesce(names_ranked.name_count, 0) as name_count,
        items.item_id is not null as is_in_items_input,
        coalesce(items.is_active, true) as is_active
    from item_ids
    left join items
        on item_ids.item_id = items.item_id
    left join names_ranked
        on
            item_ids.item_id = names_ranked.item_id
            and names_ranked.name_rank = 1
    left join categories_ranked
        on
            item_ids.item_id = categories_ranked.item_id
            and categories_ranked.category_rank = 1
)

select * from final
