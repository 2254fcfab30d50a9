{%- set in_time -%}
    partition by customer_id, category order by known_from asc
{%- endset -%}
with order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

looks as (
    select
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

choices_made as (
    select
        order_lines.customer_id,
        order_lines.category,
        {{ pm_first_look_after('order_lines.ordered_at', 'looks') }} as known_from
    from order_lines
    cross join looks
    where
        not order_lines.is_return
        and order_lines.customer_id is not null
        and order_lines.category is not null
        and order_lines.ordered_at < looks.last_date
        and {{ var('pm_enable_segments') }}
),

choices_counted as (
    select
        customer_id,
        category,
        known_from,
        count(*) as line_count
    from choices_made
    group by customer_id, category, known_from
),

choices_in_sequence as (
    select
        customer_id,
        known_from,
        line_count,
        sum(line_count) over (
            {{ in_time }}
            rows between unbounded preceding and current row
        ) as lines_so_far,
        case when row_number() over ({{ in_time }}) = 1 then 1 else 0 end
            as is_new_category
    from choices_counted
),

final as (
    select
        customer_id,
        known_from,
        cast(sum(line_count) as bigint) as category_line_count,
        cast(sum(is_new_category) as bigint) as category_count,
        -- A category is never bought less often than before: the most so far of any one
        -- is the largest of these so far.
        cast(max(lines_so_far) as bigint) as most_lines_of_one_category
    from choices_in_sequence
    group by customer_id, known_from
)

select * from final
