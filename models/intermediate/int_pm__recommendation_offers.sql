with items as (
    select * from {{ ref('int_pm__recommendation_items') }}
    where fold = 'final' and is_recommendable
),

exclusions as (
    select * from {{ ref('pm_recommendation_exclusions') }}
),

items_excluded as (
    select distinct items.item_id
    from items
    inner join exclusions
        on
            (
                exclusions.match_kind = 'item'
                and {{ pm_item_key('items.item_id') }}
                = {{ pm_item_key('exclusions.match_value') }}
            )
            or (
                exclusions.match_kind = 'category'
                and items.category = exclusions.match_value
            )
),

final as (
    select
        items.item_id,
        items.item_name,
        items.category,
        items.unit_price
    from items
    left join items_excluded
        on items.item_id = items_excluded.item_id
    where items_excluded.item_id is null
)

select * from final
