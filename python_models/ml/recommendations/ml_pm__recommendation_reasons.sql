{#- Why an item is on a list: a key of pm_recommendation_reasons, and what its sentence
names. -#}
with discover_lists as (
    select * from {{ ref('ml_pm__discover_lists') }}
),

buy_again_lists as (
    select * from {{ ref('ml_pm__buy_again_lists') }}
),

sources as (
    select * from {{ ref('ml_pm__recommendation_sources') }}
),

shoppers as (
    select * from {{ ref('int_pm__recommendation_shoppers') }}
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
    where fold = 'final'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

discoveries_judged as (
    select
        discover_lists.customer_id,
        discover_lists.list,
        discover_lists.item_id,
        sources.bought_item_id,
        shoppers.country,
        case
            when
                discover_lists.method = 'segment_popularity'
                and shoppers.rfm_segment is not null
                then 'popular_in_segment'
            when discover_lists.method = 'segment_popularity' then 'popular'
            when discover_lists.method = 'country_popularity'
                then
                    case
                        when shoppers.country is null then 'popular'
                        else 'popular_in_country'
                    end
            when {{ pm_is_popularity_method('discover_lists.method') }} then 'popular'
            when discover_lists.method = 'trending' then 'trending'
            when discover_lists.method in ('user_neighbours', 'als')
                then 'similar_customers'
            when discover_lists.method in ('content', 'embedding') then 'alike'
            when discover_lists.method = 'rules' then 'bought_together'
            when discover_lists.method = 'blend' then 'chosen'
            else 'because_you_bought'
        end as reason_kind
    from discover_lists
    inner join shoppers
        on discover_lists.customer_id = shoppers.customer_id
    left join sources
        on
            discover_lists.customer_id = sources.customer_id
            and discover_lists.item_id = sources.item_id
),

discoveries_explained as (
    select
        customer_id,
        list,
        item_id,
        case
            when reason_kind in ('popular_in_country', 'popular_in_segment', 'chosen')
                then reason_kind
            when reason_kind in ('popular', 'trending', 'similar_customers')
                then
                    case
                        when bought_item_id is null then reason_kind
                        else reason_kind || '_with_item'
                    end
            when bought_item_id is null then 'similar_customers'
            else reason_kind
        end as reason_key,
        case
            when
                reason_kind
                not in ('popular_in_country', 'popular_in_segment', 'chosen')
                then bought_item_id
        end as bought_item_id,
        country,
        cast(null as bigint) as bought_count,
        cast(null as bigint) as cycle_days,
        cast(null as bigint) as days_ago
    from discoveries_judged
),

repurchases as (
    select
        buy_again_lists.customer_id,
        buy_again_lists.list,
        buy_again_lists.item_id,
        purchases.order_count as bought_count,
        cast(
            round(
                {{ pm_days_between(
                    'purchases.first_ordered_at', 'purchases.last_ordered_at'
                ) }}
                / nullif(purchases.order_count - 1, 0)
            )
            as bigint
        ) as cycle_days,
        cast(
            {{ pm_calendar_days_between(
                'purchases.last_ordered_at', 'as_of.as_of_date'
            ) }}
            as bigint
        ) as days_ago
    from buy_again_lists
    inner join purchases
        on
            buy_again_lists.customer_id = purchases.customer_id
            and buy_again_lists.item_id = purchases.item_id
    cross join as_of
),

repurchases_explained as (
    select
        customer_id,
        list,
        item_id,
        case
            when bought_count = 1 then 'bought_once'
            -- Two orders have one gap between them, which is no habit yet.
            when bought_count = 2 or cycle_days < 2 then 'bought_times'
            else 'buy_cycle'
        end as reason_key,
        cast(null as string) as bought_item_id,
        cast(null as string) as country,
        bought_count,
        cycle_days,
        days_ago
    from repurchases
),

final as (
    select * from discoveries_explained
    union all
    select * from repurchases_explained
)

select * from final
