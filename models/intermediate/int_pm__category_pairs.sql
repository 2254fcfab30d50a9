with basket_categories as (
    select * from {{ ref('int_pm__basket_categories') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

category_basket_sizes as (
    select * from {{ ref('int_pm__category_basket_sizes') }}
),

baskets_counted as (
    select count(distinct order_id) as total_basket_count
    from basket_categories
),

categories_counted as (
    select
        category,
        cast(sum(basket_count) as bigint) as basket_count
    from category_basket_sizes
    group by category
),

-- Any two categories could have met.
pairs_possible as (
    select cast(count(*) * (count(*) - 1) / 2 as bigint) as tested_pair_count
    from categories_counted
),

pairs_counted as (
    select
        first_categories.category as category_a,
        second_categories.category as category_b,
        count(*) as basket_count
    from basket_categories as first_categories
    inner join basket_categories as second_categories
        on
            first_categories.order_id = second_categories.order_id
            and first_categories.category < second_categories.category
    group by first_categories.category, second_categories.category
),

pairs_expected as (
    select
        pairs_counted.category_a,
        pairs_counted.category_b,
        {{ pm_expected_basket_count('sizes_a', 'sizes_b') }} as expected_basket_count,
        {{ pm_eligible_basket_count('sizes_a', 'sizes_b') }} as eligible_basket_count
    from pairs_counted
    inner join category_basket_sizes as sizes_a
        on pairs_counted.category_a = sizes_a.category
    inner join category_basket_sizes as sizes_b
        on
            pairs_counted.category_b = sizes_b.category
            and sizes_a.basket_size = sizes_b.basket_size
    where sizes_a.basket_size >= 2
    group by pairs_counted.category_a, pairs_counted.category_b
),

final as (
    select
        pairs_counted.category_a,
        pairs_counted.category_b,
        pairs_counted.basket_count,
        categories_a.basket_count as basket_count_a,
        categories_b.basket_count as basket_count_b,
        baskets_counted.total_basket_count,
        pairs_expected.expected_basket_count,
        pairs_expected.eligible_basket_count,
        pairs_possible.tested_pair_count
    from pairs_counted
    inner join categories_counted as categories_a
        on pairs_counted.category_a = categories_a.category
    inner join categories_counted as categories_b
        on pairs_counted.category_b = categories_b.category
    inner join pairs_expected
        on
            pairs_counted.category_a = pairs_expected.category_a
            and pairs_counted.category_b = pairs_expected.category_b
    cross join baskets_counted
    cross join pairs_possible
)

select * from final
