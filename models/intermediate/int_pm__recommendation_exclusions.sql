with items as (
    select * from {{ ref('int_pm__items') }}
),

names_excluded as (
    select
        match_kind,
        match_value
    from {{ ref('pm_recommendation_exclusions') }}
    {% for item in var('pm_recommendation_excluded_items') %}

        union all

        select
            'item' as match_kind,
            '{{ item | string | replace("'", "''") }}' as match_value
    {% endfor %}
),

-- Letter case and outer blanks matter in a category, not in an item.
exclusions as (
    select
        match_kind,
        case
            when match_kind = 'item' then {{ pm_item_key('match_value') }}
            else match_value
        end as match_key,
        min(match_value) as match_value
    from names_excluded
    group by match_kind, match_key
),

final as (
    select
        exclusions.match_kind,
        exclusions.match_value,
        count(items.item_id) as item_count
    from exclusions
    left join items
        on
            exclusions.match_key
            = case
                when exclusions.match_kind = 'item'
                    then {{ pm_item_key('items.item_id') }}
                else items.category
            end
    where {{ var('pm_enable_recommendations') }}
    group by exclusions.match_kind, exclusions.match_value
)

select * from final
