-- Keeping pairs with a q-value up to a level must keep as many as Benjamini and
-- Hochberg's own procedure: order the p-values, find the last rank k with
-- p <= k / m * level, and keep the first k. All pairs of frequent items were tested,
-- and those that are no frequent pair count as tested in vain.
with tests_made as (
    select count(*) * (count(*) - 1) / 2 as pair_count
    from {{ ref('pm__frequent_itemsets') }}
    where item_count = 1
),

p_values as (
    select
        item_pairs.p_value,
        item_pairs.q_value,
        tests_made.pair_count,
        row_number() over (order by item_pairs.p_value) as p_rank
    from {{ ref('pm__item_pairs') }} as item_pairs
    cross join tests_made
    where item_pairs.p_value is not null
),

levels as (
    select 0.001 as level
    union all
    select 0.05 as level
    union all
    select 0.5 as level
),

pairs_kept as (
    select
        levels.level,
        sum(case when p_values.q_value <= levels.level then 1 else 0 end) as kept_count,
        max(
            case
                when
                    p_values.p_value
                    <= levels.level * p_values.p_rank / p_values.pair_count
                    then p_values.p_rank
                else 0
            end
        ) as expected_kept_count
    from p_values
    cross join levels
    group by levels.level
)

select *
from pairs_kept
where kept_count != expected_kept_count
