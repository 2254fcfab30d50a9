with basket_categories as (
    select * from {{ ref('int_pm__basket_categories') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

final as (
    {{ pm_basket_sizes('basket_categories', 'category') }}
)

select * from final
