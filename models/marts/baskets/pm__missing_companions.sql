{%- set column = 'item_id' if var('pm_basket_level') == 'item' else 'category' -%}
with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

basket_items as (
    select * from {{ ref('int_pm__basket_items') }}
    where basket_size <= {{ var('pm_basket_max_size') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
    -- A category may have the code of an item, and is not that item.
    where {{ var('pm_basket_level') == 'item' }}
),

item_companions as (
    select * from {{ ref('pm__item_companions') }}
    where
        confidence >= {{ var('pm_companion_min_confidence') }}
        and lift >= {{ var('pm_companion_min_lift') }}
),

reasons as (
    select * from {{ ref('pm_recommendation_reasons') }}
    where reason_key = 'missing_companion'
),

recent_orders as (
    select
        as_of.as_of_date,
        customer_orders.order_id,
        min(customer_orders.customer_id) as customer_id,
        min(customer_orders.ordered_at) as ordered_at
    from customer_orders
    cross join as_of
    where
        {{ pm_is_kept_order('customer_orders', 'as_of.as_of_date') }}
        and customer_orders.ordered_at >= {{
            dbt.dateadd('day', -var('pm_missing_companion_days'), 'as_of.as_of_date')
        }}
    group by as_of.as_of_date, customer_orders.order_id
),

companions_wanted as (
    select
        recent_orders.as_of_date,
        recent_orders.order_id,
        recent_orders.customer_id,
        recent_orders.ordered_at,
        item_companions.item_id,
        item_companions.item_name,
        item_companions.companion_item_id,
        item_companions.companion_item_name,
        item_companions.confidence,
        item_companions.lift
    from recent_orders
    inner join basket_items
        on recent_orders.order_id = basket_items.order_id
    inner join item_companions
        on basket_items.item_id = item_companions.item_id
    left join items
        on item_companions.companion_item_id = items.item_id
    where coalesce(items.is_active, true)
),

-- Several items of a basket may ask for the same companion: the strongest speaks.
companions_missing as (
    select
        companions_wanted.*,
        row_number() over (
            partition by companions_wanted.order_id, companions_wanted.companion_item_id
            order by
                companions_wanted.confidence desc,
                companions_wanted.lift desc,
                companions_wanted.item_id asc
        ) as rule_rank
    from companions_wanted
    left join basket_items
        on
            companions_wanted.order_id = basket_items.order_id
            and companions_wanted.companion_item_id = basket_items.item_id
    where basket_items.item_id is null
),

companions_ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by confidence desc, lift desc, companion_item_id asc
        ) as companion_rank
    from companions_missing
    where rule_rank = 1
),

items_bought as (
    select distinct
        customer_id,
        {{ column }} as item_id
    from order_lines
    where not is_return and customer_id is not null
),

final as (
    select
        companions_ranked.as_of_date,
        companions_ranked.order_id,
        companions_ranked.companion_rank,
        companions_ranked.customer_id,
        companions_ranked.item_id,
        companions_ranked.item_name,
        companions_ranked.companion_item_id,
        companions_ranked.companion_item_name,
        {{ pm_fill_template('reasons.template_' ~ var('pm_language'), {
            'item': 'coalesce(companions_ranked.item_name, companions_ranked.item_id)',
            'companion': 'coalesce(companions_ranked.companion_item_name,'
            ~ ' companions_ranked.companion_item_id)',
            'percent': 'cast(round(100 * companions_ranked.confidence) as integer)',
        }) }} as reason,
        companions_ranked.confidence,
        companions_ranked.lift,
        case
            when companions_ranked.customer_id is not null
                then items_bought.item_id is not null
        end as is_bought_in_other_order,
        companions_ranked.ordered_at
    from companions_ranked
    cross join reasons
    left join items_bought
        on
            companions_ranked.customer_id = items_bought.customer_id
            and companions_ranked.companion_item_id = items_bought.item_id
    where companions_ranked.companion_rank <= {{ var('pm_missing_companion_count') }}
)

select * from final
