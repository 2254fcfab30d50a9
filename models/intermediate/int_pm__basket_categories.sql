with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

basket_categories as (
    select distinct
        order_id,
        category
    from order_lines
    where
        not is_return
        and category is not null
        and not {{ pm_is_excluded_from_baskets('item_id', 'category') }}
        and {{ var('pm_enable_baskets') }}
),

final as (
    select
        order_id,
        category,
        count(*) over (partition by order_id) as basket_size
    from basket_categories
)

select * from final
