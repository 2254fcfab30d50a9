with basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

final as (
    {{ pm_basket_sizes('basket_items', 'item_id') }}
)

select * from final
