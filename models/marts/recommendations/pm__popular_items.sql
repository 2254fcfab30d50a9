{%- set count = var('pm_recommendation_count') -%}
with popular_items as (
    select
        audience as country,
        item_id,
        popularity_rank,
        buyer_count
    from {{ ref('int_pm__popular_items') }}
    where fold = 'final' and audience_kind != 'segment'
),

offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

countries as (
    select distinct country from popular_items
),

-- What is popular in a country comes first, the overall list fills up.
pool as (
    select
        country,
        item_id,
        popularity_rank,
        buyer_count,
        false as is_from_overall_list
    from popular_items

    union all

    select
        countries.country,
        popular_items.item_id,
        popular_items.popularity_rank,
        popular_items.buyer_count,
        true as is_from_overall_list
    from countries
    cross join popular_items
    where countries.country != 'all' and popular_items.country = 'all'
),

pool_ranked as (
    select
        pool.*,
        offers.item_name,
        offers.category,
        row_number() over (
            partition by pool.country, pool.item_id
            order by pool.is_from_overall_list
        ) as occurrence
    from pool
    inner join offers
        on pool.item_id = offers.item_id
),

categories_ranked as (
    select
        *,
        row_number() over (
            partition by country, category
            order by is_from_overall_list, popularity_rank
        ) as category_place
    from pool_ranked
    where occurrence = 1
),

rules_judged as (
    select
        *,
        {{ pm_is_over_category_maximum('category', 'category_place') }}
            as is_over_category_maximum
    from categories_ranked
),

ranked as (
    select
        *,
        row_number() over (
            partition by country
            order by is_over_category_maximum, is_from_overall_list, popularity_rank
        ) as rank
    from rules_judged
),

final as (
    select
        as_of.as_of_date,
        ranked.country,
        ranked.rank,
        ranked.item_id,
        ranked.item_name,
        ranked.category,
        ranked.buyer_count,
        ranked.is_from_overall_list
    from ranked
    cross join as_of
    where ranked.rank <= {{ count }}
)

select * from final
