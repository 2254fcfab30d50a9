{%- set inactive_days = var('pm_recommendation_inactive_days') -%}
with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

items as (
    select * from {{ ref('stg_pm__items') }}
),

calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
),

purchases as (
    select * from {{ ref('int_pm__recommendation_purchases') }}
),

lines_known as (
    select
        calendar.fold,
        order_lines.item_id,
        order_lines.order_id,
        order_lines.item_name,
        order_lines.category,
        cast(order_lines.net_amount as double)
        / nullif(cast(order_lines.quantity as double), 0) as paid_price,
        order_lines.ordered_at
    from order_lines
    inner join calendar
        on order_lines.ordered_at < calendar.as_of_date
    where not order_lines.is_return
),

labels_ranked as (
    select
        fold,
        item_id,
        item_name,
        category,
        row_number() over (
            partition by fold, item_id
            order by
                -- A line without a label says nothing against those with one.
                item_name is null, category is null,
                count(*) desc, item_name asc, category asc
        ) as label_rank
    from lines_known
    group by fold, item_id, item_name, category
),

items_sold as (
    select
        fold,
        item_id,
        median(paid_price) as unit_price,
        count(distinct order_id) as order_count,
        max(ordered_at) as last_sold_at
    from lines_known
    group by fold, item_id
),

items_bought as (
    select
        purchases.fold,
        purchases.item_id,
        count(*) as customer_count,
        sum(
            case
                when
                    purchases.last_ordered_at
                    >= {{ dbt.dateadd('day', -30, 'calendar.as_of_date') }}
                    then 1
                else 0
            end
        ) as customer_count_30d,
        sum(
            case
                when
                    purchases.first_ordered_at
                    >= {{ dbt.dateadd('day', -30, 'calendar.as_of_date') }}
                    then 1
                else 0
            end
        ) as new_customer_count_30d
    from purchases
    inner join calendar
        on purchases.fold = calendar.fold
    group by purchases.fold, purchases.item_id
),

final as (
    select
        items_sold.fold,
        items_sold.item_id,
        coalesce(items.item_name, labels_ranked.item_name) as item_name,
        coalesce(items.category, labels_ranked.category) as category,
        items.brand,
        items.description,
        items.embedding,
        items_sold.unit_price,
        coalesce(items_bought.customer_count, 0) as customer_count,
        cast(coalesce(items_bought.customer_count_30d, 0) as bigint)
            as customer_count_30d,
        cast(coalesce(items_bought.new_customer_count_30d, 0) as bigint)
            as new_customer_count_30d,
        items_sold.order_count,
        items_sold.last_sold_at,
        -- The items input says what is on sale today, and so nothing of a past day.
        (calendar.fold != 'final' or coalesce(items.is_active, true))
        {% if inactive_days %}
            and items_sold.last_sold_at
            >= {{ dbt.dateadd('day', -inactive_days, 'calendar.as_of_date') }}
        {% endif %}
        {% if var('pm_recommendation_excluded_items') %}
            and {{ pm_item_key('items_sold.item_id') }} not in (
                {% for item in var('pm_recommendation_excluded_items') %}
                    {{ pm_item_key("'" ~ item | string | replace("'", "''") ~ "'") }}
                    {{- ',' if not loop.last }}
                {% endfor %}
            )
        {% endif %}
            as is_recommendable
    from items_sold
    inner join calendar
        on items_sold.fold = calendar.fold
    inner join labels_ranked
        on
            items_sold.fold = labels_ranked.fold
            and items_sold.item_id = labels_ranked.item_id
            and labels_ranked.label_rank = 1
    left join items
        on items_sold.item_id = items.item_id
    left join items_bought
        on
            items_sold.fold = items_bought.fold
            and items_sold.item_id = items_bought.item_id
)

select * from final
