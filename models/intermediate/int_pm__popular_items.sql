{#- Fewer recent buyers make no item popular in a country or segment; the whole shop
stands in. -#}
{%- set least_buyers = 5 -%}
with offers as (
    select * from {{ ref('int_pm__recommendation_offers') }}
),

items as (
    select * from {{ ref('int_pm__recommendation_items') }}
),

customers as (
    select * from {{ ref('int_pm__recommendation_customers') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

return_matches as (
    select * from {{ ref('int_pm__return_matches') }}
),

-- Weights of the blend need no such lists.
calendar as (
    select * from {{ ref('int_pm__recommendation_calendar') }}
    where fold != 'fit'
),

-- A past day is judged before the business rules.
items_offered as (
    select
        'final' as fold,
        item_id
    from offers

    union all

    select
        fold,
        item_id
    from items
    where fold = 'evaluate' and is_recommendable
),

lines_kept as (
    {{ pm_kept_sale_lines('order_lines', 'return_matches', 'calendar', 'as_of_date') }}
),

-- An anonymous order counts as a buyer of its own, so that shops without customers have
-- popular items too.
purchases as (
    select
        lines_kept.fold,
        lines_kept.item_id,
        lines_kept.country,
        customers.rfm_segment,
        coalesce(
            'customer ' || lines_kept.customer_id, 'order ' || lines_kept.order_id
        ) as buyer,
        max(
            case
                when
                    lines_kept.ordered_at >= {{ dbt.dateadd(
                        'day', -var('pm_recommendation_popular_days'),
                        'calendar.as_of_date'
                    ) }}
                    then 1
                else 0
            end
        ) as recent_count
    from lines_kept
    inner join calendar
        on lines_kept.fold = calendar.fold
    inner join items_offered
        on
            lines_kept.fold = items_offered.fold
            and lines_kept.item_id = items_offered.item_id
    left join customers
        on
            lines_kept.fold = customers.fold
            and lines_kept.customer_id = customers.customer_id
    group by
        lines_kept.fold,
        lines_kept.item_id,
        lines_kept.country,
        customers.rfm_segment,
        buyer
),

buyers_counted as (
    {% for kind, column in {'segment': 'rfm_segment', 'country': 'country'}.items() %}
        select
            fold,
            '{{ kind }}' as audience_kind,
            {{ column }} as audience,
            item_id,
            -- Who buys in two countries counts once.
            count(distinct case when recent_count = 1 then buyer end) as buyer_count,
            count(distinct buyer) as lifetime_buyer_count
        from purchases
        where {{ column }} is not null
        group by fold, {{ column }}, item_id
        having
            count(distinct case when recent_count = 1 then buyer end)
            >= {{ least_buyers }}

        union all
    {% endfor %}

    select
        fold,
        'overall' as audience_kind,
        'all' as audience,
        item_id,
        count(distinct case when recent_count = 1 then buyer end) as buyer_count,
        count(distinct buyer) as lifetime_buyer_count
    from purchases
    group by fold, item_id
),

final as (
    select
        fold,
        audience_kind,
        audience,
        item_id,
        row_number() over (
            partition by fold, audience_kind, audience
            order by buyer_count desc, lifetime_buyer_count desc, item_id asc
        ) as popularity_rank,
        buyer_count,
        lifetime_buyer_count
    from buyers_counted
)

select * from final
