with order_lines as (
    {{ pm_typed_rows('order_lines') }}
),

days_counted as (
    select
        cast(ordered_at as date) as order_date,
        count(*) as line_count
    from order_lines
    where
        ordered_at is not null
        and {{ pm_is_known('ordered_at') }}
    group by cast(ordered_at as date)
),

days_in_context as (
    select
        order_date,
        lag(order_date) over (order by order_date) as previous_date,
        sum(line_count) over (
            order by order_date desc
            rows between unbounded preceding and current row
        ) as line_count_from_here,
        sum(line_count) over () as line_count_in_all
    from days_counted
    where order_date >= {{ pm_date_literal(var('pm_min_order_date')) }}
),

-- A mistyped year lies far behind the last real order and on few lines.
lonely_ends as (
    select order_date
    from days_in_context
    where
        {{ pm_calendar_days_between('previous_date', 'order_date') }}
        > {{ var('pm_future_gap_days') }}
        and line_count_from_here
        <= {{ var('pm_future_max_share') }} * line_count_in_all
),

final as (
    select
        {{ pm_date_literal(var('pm_min_order_date')) }} as first_possible_date,
        coalesce(
            {% if var('pm_max_order_date') %}
                {{ pm_date_literal(var('pm_max_order_date')) }},
            {% endif %}
            cast({{ dbt.dateadd('day', -1, 'min(order_date)') }} as date),
            -- Nothing is too late when no end is lonely; 9999 is past any order.
            {{ pm_date_literal('9999-12-31') }}
        ) as last_possible_date
    from lonely_ends
)

select * from final
