with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
),

-- What somebody chose, once, however often they bought it.
choices as (
    {% for level, column in [('item', 'item_id'), ('category', 'category')] %}
        select distinct
            '{{ level }}' as level,
            customer_id,
            {{ column }} as choice
        from order_lines
        where not is_return and customer_id is not null and {{ column }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

choices_counted as (
    select
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        choices.level,
        choices.choice,
        count(*) as customer_count
    from choices
    inner join customer_segments
        on choices.customer_id = customer_segments.customer_id
    group by
        customer_segments.as_of_date,
        customer_segments.model_version,
        customer_segments.segment_id,
        customer_segments.segment_name,
        choices.level,
        choices.choice
),

choices_compared as (
    select
        *,
        -- Of choices, not of customers: who buys often has bought more of everything.
        customer_count
        / cast(sum(customer_count) over (partition by level, segment_id) as double)
            as share_of_choices,
        sum(customer_count) over (partition by level, choice)
        / cast(sum(customer_count) over (partition by level) as double)
            as overall_share_of_choices
    from choices_counted
),

choices_ranked as (
    select
        *,
        share_of_choices / overall_share_of_choices as lift,
        row_number() over (
            partition by segment_id, level
            order by
                share_of_choices / overall_share_of_choices desc,
                customer_count desc,
                choice asc
        ) as choice_rank
    from choices_compared
    where
        customer_count >= {{ var('pm_segment_item_min_customers') }}
        and share_of_choices > overall_share_of_choices
),

final as (
    select
        choices_ranked.as_of_date,
        choices_ranked.segment_id,
        choices_ranked.level,
        cast(choices_ranked.choice_rank as integer) as rank,
        choices_ranked.segment_name,
        choices_ranked.model_version,
        choices_ranked.choice,
        coalesce(items.item_name, choices_ranked.choice) as choice_name,
        cast(choices_ranked.customer_count as bigint) as customer_count,
        choices_ranked.share_of_choices,
        choices_ranked.overall_share_of_choices,
        choices_ranked.lift
    from choices_ranked
    left join items
        on choices_ranked.level = 'item' and choices_ranked.choice = items.item_id
    where choices_ranked.choice_rank <= {{ var('pm_segment_item_count') }}
)

select * from final
