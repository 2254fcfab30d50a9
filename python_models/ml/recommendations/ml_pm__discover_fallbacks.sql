{#- Popular items for those whose candidates do not fill the list. -#}
{%- set count = var('pm_recommendation_count') -%}
{%- set maximum = var('pm_recommendation_max_per_category') -%}
{%- set depth = 5 * count -%}
with candidates as (
    select * from {{ ref('ml_pm__discover_candidates') }}
),

shoppers as (
    select * from {{ ref('int_pm__recommendation_shoppers') }}
),

popular_items as (
    select * from {{ ref('int_pm__popular_items') }}
    where fold = 'final'
),

offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

bought as (
    select * from {{ ref('int_pm__recommendation_bought') }}
),

categories_counted as (
    select
        customer_id,
        category,
        count(*) as item_count
    from candidates
    where not is_outside_price_band
    group by customer_id, category
),

candidates_counted as (
    select
        customer_id,
        sum(
            {% if maximum %}
                case
                    when category is null then item_count
                    else least(item_count, {{ maximum }})
                end
            {% else %}
                item_count
            {% endif %}
        ) as item_count
    from categories_counted
    group by customer_id
),

shoppers_short as (
    select
        shoppers.customer_id,
        shoppers.rfm_segment,
        shoppers.country,
        shoppers.usual_price,
        shoppers.bought_item_count
    from shoppers
    left join candidates_counted
        on shoppers.customer_id = candidates_counted.customer_id
    where coalesce(candidates_counted.item_count, 0) < {{ count }}
),

shopper_audiences as (
    {% for tier, audience in {
        'segment': 'rfm_segment', 'country': 'country', 'overall': "'all'"
    }.items() %}
        select
            customer_id,
            usual_price,
            bought_item_count,
            '{{ tier }}' as tier,
            {{ audience }} as audience
        from shoppers_short
        {% if tier != 'overall' %}
            where {{ audience }} is not null

            union all
        {% endif %}
    {% endfor %}
),

-- Deeper for those who have bought much, since what they bought is taken out again.
pools as (
    select
        shopper_audiences.*,
        popular_items.item_id,
        popular_items.popularity_rank
    from shopper_audiences
    inner join popular_items
        on
            shopper_audiences.tier = popular_items.audience_kind
            and shopper_audiences.audience = popular_items.audience
            and popular_items.popularity_rank <= {{ depth }}

    union all

    select
        shopper_audiences.*,
        popular_items.item_id,
        popular_items.popularity_rank
    from shopper_audiences
    inner join popular_items
        on
            shopper_audiences.tier = popular_items.audience_kind
            and shopper_audiences.audience = popular_items.audience
            and popular_items.popularity_rank > {{ depth }}
            and popular_items.popularity_rank
            <= {{ depth }} + shopper_audiences.bought_item_count
    where shopper_audiences.bought_item_count > 0
),

final as (
    select
        pools.customer_id,
        pools.item_id,
        pools.tier,
        pools.popularity_rank as place,
        offers.category,
        {{ pm_is_outside_price_band('offers.unit_price', 'pools.usual_price') }}
            as is_outside_price_band
    from pools
    inner join offers
        on pools.item_id = offers.item_id
    left join bought
        on
            pools.customer_id = bought.customer_id
            and pools.item_id = bought.item_id
    where bought.item_id is null
)

select * from final
