-- Each rule of pm__customer_recommendations against the public order lines and items:
-- nothing discovered was ever bought, nothing offered again was bought within
-- pm_recommendation_rebuy_days or never, nothing excluded or sold no more is offered,
-- and what broke the maximum of a category or the price band stands after all the rest.
with recommendations as (
    select * from {{ ref('pm__customer_recommendations') }}
),

purchases as (
    select
        customer_id,
        item_id,
        max(ordered_at) as last_ordered_at
    from {{ ref('pm__order_lines') }}
    where not is_return and customer_id is not null
    group by customer_id, item_id
),

items as (
    select * from {{ ref('pm__items') }}
),

exclusions as (
    select * from {{ ref('pm_recommendation_exclusions') }}
),

rows_judged as (
    select
        recommendations.customer_id,
        recommendations.list,
        recommendations.rank,
        recommendations.item_id,
        case
            when recommendations.list = 'discover' and purchases.item_id is not null
                then 'discovered although bought'
            when recommendations.list = 'buy_again' and purchases.item_id is null
                then 'offered again although never bought'
            when
                recommendations.list = 'buy_again'
                and purchases.last_ordered_at >= {{ dbt.dateadd(
                    'day', -var('pm_recommendation_rebuy_days'), 'recommendations.as_of_date'
                ) }}
                then 'offered again too soon'
            when not items.is_active then 'sold no more'
            {% if var('pm_recommendation_inactive_days') %}
                when
                    items.last_sold_at < {{ dbt.dateadd(
                        'day',
                        -var('pm_recommendation_inactive_days'),
                        'recommendations.as_of_date'
                    ) }}
                    then 'not sold for long'
            {% endif %}
            when
                exists (
                    select 1 from exclusions
                    where
                        (
                            exclusions.match_kind = 'category'
                            and exclusions.match_value = items.category
                        )
                        or (
                            exclusions.match_kind = 'item'
                            and upper(trim(exclusions.match_value))
                            = upper(trim(items.item_id))
                        )
                )
                then 'excluded'
        end as broken_rule
    from recommendations
    inner join items
        on recommendations.item_id = items.item_id
    left join purchases
        on
            recommendations.customer_id = purchases.customer_id
            and recommendations.item_id = purchases.item_id
),

categories_counted as (
    select
        customer_id,
        list,
        category,
        count(*) as item_count
    from recommendations
    where
        list = 'discover'
        and category is not null
        and waived_rule is distinct from 'category_maximum'
    group by customer_id, list, category
),

waivers_compared as (
    select
        customer_id,
        list,
        rank,
        item_id,
        case
            when waived_rule = 'category_maximum' then 2
            when waived_rule = 'price_band' then 1
            else 0
        end as severity,
        max(
            case
                when waived_rule = 'category_maximum' then 2
                when waived_rule = 'price_band' then 1
                else 0
            end
        ) over (
            partition by customer_id, list
            order by rank
            rows between unbounded preceding and current row
        ) as severity_so_far
    from recommendations
)

select
    customer_id,
    list,
    rank,
    item_id,
    broken_rule
from rows_judged
where broken_rule is not null

union all

select
    customer_id,
    list,
    rank,
    item_id,
    'stands after what breaks a rule' as broken_rule
from waivers_compared
where severity < severity_so_far

{% if var('pm_recommendation_max_per_category') %}
    union all

    select
        customer_id,
        list,
        null as rank,
        category as item_id,
        'too many of a category' as broken_rule
    from categories_counted
    where item_count > {{ var('pm_recommendation_max_per_category') }}
{% endif %}
