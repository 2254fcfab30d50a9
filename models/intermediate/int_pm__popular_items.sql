{#- Fewer recent buyers make no item popular in a country; the whole shop stands in. -#}
{%- set least_buyers = 5 -%}
with offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- An anonymous order counts as a buyer of its own, so that shops without customers have
-- popular items too.
purchases as (
    select
        offers.item_id,
        order_lines.country,
        coalesce(
            'customer ' || order_lines.customer_id, 'order ' || order_lines.order_id
        ) as buyer,
        max(
            case
                when
                    order_lines.ordered_at >= {{ dbt.dateadd(
                        'day', -var('pm_recommendation_popular_days'), 'as_of.as_of_date'
                    ) }}
                    then 1
                else 0
            end
        ) as recent_count
    from order_lines
    cross join as_of
    inner join offers
        on order_lines.item_id = offers.item_id
    where
        not order_lines.is_return
        and order_lines.returned_quantity < order_lines.quantity
    group by offers.item_id, order_lines.country, buyer
),

buyers_counted as (
    select
        country,
        item_id,
        sum(recent_count) as buyer_count,
        count(*) as lifetime_buyer_count
    from purchases
    where country is not null
    group by country, item_id
    having sum(recent_count) >= {{ least_buyers }}

    union all

    -- Who buys in two countries counts once.
    select
        'all' as country,
        item_id,
        count(distinct case when recent_count = 1 then buyer end) as buyer_count,
        count(distinct buyer) as lifetime_buyer_count
    from purchases
    group by item_id
),

final as (
    select
        country,
        item_id,
        row_number() over (
            partition by country
            order by buyer_count desc, lifetime_buyer_count desc, item_id asc
        ) as popularity_rank,
        cast(buyer_count as bigint) as buyer_count,
        lifetime_buyer_count
    from buyers_counted
)

select * from final
