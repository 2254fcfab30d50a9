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

baskets_sized as (
    select
        order_id,
        category,
        count(*) over (partition by order_id) as category_count
    from basket_categories
),

baskets_kept as (
    select
        order_id,
        category
    from baskets_sized
    where category_count <= {{ var('pm_basket_max_size') }}
),

baskets_counted as (
    select count(distinct order_id) as total_basket_count
    from baskets_kept
),

categories_counted as (
    select
        category,
        count(*) as basket_count
    from baskets_kept
    group by category
),

pairs_counted as (
    select
        first_categories.category as category_a,
        second_categories.category as category_b,
        count(*) as basket_count
    from baskets_kept as first_categories
    inner join baskets_kept as second_categories
        on
            first_categories.order_id = second_categories.order_id
            and first_categories.category < second_categories.category
    group by first_categories.category, second_categories.category
),

final as (
    select
        pairs_counted.category_a,
        pairs_counted.category_b,
        pairs_counted.basket_count,
        categories_a.basket_count as basket_count_a,
        categories_b.basket_count as basket_count_b,
        baskets_counted.total_basket_count
    from pairs_counted
    inner join categories_counted as categories_a
        on pairs_counted.category_a = categories_a.category
    inner join categories_counted as categories_b
        on pairs_counted.category_b = categories_b.category
    cross join baskets_counted
)

select * from final
