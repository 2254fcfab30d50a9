{#- A lift alone puts what a dozen customers bought by chance before all else. -#}
{%- set least_z_score = 2 -%}
with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

items as (
    select * from {{ ref('int_pm__items') }}
),

-- What somebody chose and kept, once, however often they bought it.
choices as (
    {% for level, column in [('item', 'item_id'), ('category', 'category')] %}
        select distinct
            '{{ level }}' as level,
            customer_id,
            {{ column }} as choice
        from order_lines
        where
            not is_return
            and quantity > returned_quantity
            and customer_id is not null
            and {{ column }} is not null
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

totals_counted as (
    select
        *,
        -- Of choices, not of customers: who buys often has bought more of everything.
        sum(customer_count) over (partition by level, segment_id) as segment_choices,
        sum(customer_count) over (partition by level, choice) as choice_customers,
        sum(customer_count) over (partition by level) as all_choices
    from choices_counted
),

choices_compared as (
    select
        *,
        customer_count / cast(segment_choices as double) as share_of_choices,
        choice_customers / cast(all_choices as double) as overall_share_of_choices,
        cast(segment_choices as double) * choice_customers / all_choices
            as expected_count
    from totals_counted
),

choices_measured as (
    select
        *,
        share_of_choices / overall_share_of_choices as lift,
        (customer_count - expected_count) / sqrt(expected_count) as z_score
    from choices_compared
    where customer_count >= {{ var('pm_segment_item_min_customers') }}
),

choices_ranked as (
    select
        *,
        row_number() over (
            partition by segment_id, level order by z_score desc, choice asc
        ) as choice_rank
    from choices_measured
    where z_score >= {{ least_z_score }}
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
        choices_ranked.lift,
        choices_ranked.z_score
    from choices_ranked
    left join items
        on choices_ranked.level = 'item' and choices_ranked.choice = items.item_id
    where choices_ranked.choice_rank <= {{ var('pm_segment_item_count') }}
)

select * from final
