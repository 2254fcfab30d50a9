with baskets as (
    select * from {{ ref('int_pm__baskets') }}
),

frequent_items as (
    select * from {{ ref('int_pm__frequent_items') }}
),

item_basket_sizes as (
    select * from {{ ref('int_pm__item_basket_sizes') }}
),

-- Any two frequent items could have been a pair.
pairs_possible as (
    select cast(count(*) * (count(*) - 1) / 2 as bigint) as tested_pair_count
    from frequent_items
),

basket_pairs as (
    {{ pm_array_pairs('baskets', 'item_ranks') }}
),

pairs_counted as (
    select
        first as first_rank,
        second as second_rank,
        count(*) as basket_count
    from basket_pairs
    group by first, second
),

pairs_frequent as (
    select
        pairs_counted.first_rank,
        pairs_counted.second_rank,
        least(first_items.item_id, second_items.item_id) as item_a,
        greatest(first_items.item_id, second_items.item_id) as item_b,
        pairs_counted.basket_count,
        first_items.total_basket_count
    from pairs_counted
    inner join frequent_items as first_items
        on pairs_counted.first_rank = first_items.item_rank
    inner join frequent_items as second_items
        on pairs_counted.second_rank = second_items.item_rank
    where pairs_counted.basket_count >= first_items.minimum_basket_count
),

pairs_expected as (
    select
        pairs_frequent.item_a,
        pairs_frequent.item_b,
        {{ pm_expected_basket_count('sizes_a', 'sizes_b') }} as expected_basket_count,
        {{ pm_eligible_basket_count('sizes_a', 'sizes_b') }} as eligible_basket_count
    from pairs_frequent
    inner join item_basket_sizes as sizes_a
        on pairs_frequent.item_a = sizes_a.item_id
    inner join item_basket_sizes as sizes_b
        on
            pairs_frequent.item_b = sizes_b.item_id
            and sizes_a.basket_size = sizes_b.basket_size
    where sizes_a.basket_size >= 2
    group by pairs_frequent.item_a, pairs_frequent.item_b
),

final as (
    select
        pairs_frequent.item_a,
        pairs_frequent.item_b,
        pairs_frequent.first_rank,
        pairs_frequent.second_rank,
        cast(
            row_number() over (
                order by pairs_frequent.first_rank, pairs_frequent.second_rank
            ) as integer
        ) as pair_number,
        pairs_frequent.basket_count,
        items_a.basket_count as basket_count_a,
        items_b.basket_count as basket_count_b,
        pairs_frequent.total_basket_count,
        pairs_expected.expected_basket_count,
        pairs_expected.eligible_basket_count,
        pairs_possible.tested_pair_count
    from pairs_frequent
    cross join pairs_possible
    inner join frequent_items as items_a
        on pairs_frequent.item_a = items_a.item_id
    inner join frequent_items as items_b
        on pairs_frequent.item_b = items_b.item_id
    inner join pairs_expected
        on
            pairs_frequent.item_a = pairs_expected.item_a
            and pairs_frequent.item_b = pairs_expected.item_b
)

select * from final
