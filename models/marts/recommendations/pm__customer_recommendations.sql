with discover_lists as (
    select * from {{ ref('ml_pm__discover_lists') }}
),

buy_again_lists as (
    select * from {{ ref('ml_pm__buy_again_lists') }}
),

explanations as (
    select * from {{ ref('ml_pm__recommendation_reasons') }}
),

reason_templates as (
    select * from {{ ref('pm_recommendation_reasons') }}
),

items as (
    select * from {{ ref('int_pm__recommendation_items') }}
    where fold = 'final'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

lists as (
    select
        customer_id,
        list,
        rank,
        item_id,
        score,
        method,
        waived_rule,
        model_version
    from discover_lists

    union all

    select
        customer_id,
        list,
        rank,
        item_id,
        score,
        method,
        cast(null as string) as waived_rule,
        model_version
    from buy_again_lists
),

final as (
    select
        as_of.as_of_date,
        lists.customer_id,
        lists.list,
        lists.rank,
        lists.item_id,
        items.item_name,
        items.category,
        lists.method,
        explanations.reason_key,
        {{ pm_fill_template('reason_templates.template_' ~ var('pm_language'), {
            'item': "coalesce(bought_items.item_name, explanations.bought_item_id, '')",
            'country': "coalesce(explanations.country, '')",
            'times': 'coalesce(explanations.bought_count, 0)',
            'cycle_days': 'coalesce(explanations.cycle_days, 0)',
            'days_ago': 'coalesce(explanations.days_ago, 0)',
        }) }} as reason,
        explanations.bought_item_id as reason_item_id,
        lists.waived_rule,
        lists.model_version,
        lists.score
    from lists
    cross join as_of
    inner join items
        on lists.item_id = items.item_id
    inner join explanations
        on
            lists.customer_id = explanations.customer_id
            and lists.list = explanations.list
            and lists.item_id = explanations.item_id
    left join reason_templates
        on explanations.reason_key = reason_templates.reason_key
    left join items as bought_items
        on explanations.bought_item_id = bought_items.item_id
)

select * from final
