{#
A query with one row per day and customer who ordered in the day's label window: the
orders that were not sent back whole before the window closed, and what they brought less
what came back of them by then.

    label_windows as (
        {{ pm_label_windows('feature_calendar') }}
    ),

`calendar` has as_of_date, label_start_date and label_end_date (half-open).
#}
{% macro pm_label_windows(calendar) %}
    with activity as (
        select * from {{ ref('int_pm__activity_orders') }}
    ),

    return_matches as (
        select * from {{ ref('int_pm__return_matches') }}
    ),

    order_lines as (
        select * from {{ ref('int_pm__order_lines') }}
        where not is_return and returned_quantity > 0 and customer_id is not null
    ),

    -- To the cent for each line and day, as in int_pm__customer_orders.
    refunds as (
        select
            order_lines.customer_id,
            cast(order_lines.ordered_at as date) as activity_date,
            cast(return_matches.returned_at as date) as returned_date,
            sum(
                cast(
                    round(
                        cast(order_lines.winsorised_net_amount as decimal(20,2))
                        * return_matches.quantity / order_lines.quantity,
                        2
                    )
                    as decimal(18,2)
                )
            ) as refunded_amount
        from return_matches
        inner join order_lines
            on return_matches.sale_order_line_id = order_lines.order_line_id
        group by
            order_lines.customer_id,
            cast(order_lines.ordered_at as date),
            cast(return_matches.returned_at as date)
    ),

    -- In the window: what was ordered in it, and of that what came back before it closed.
    movements as (
        select
            calendar.as_of_date,
            activity.customer_id,
            case
                when
                    coalesce(activity.undone_date >= calendar.label_end_date, true)
                    then activity.order_count
                else 0
            end as order_count,
            activity.sold_revenue as revenue
        from activity
        inner join {{ calendar }} as calendar
            on
                activity.activity_date >= calendar.label_start_date
                and activity.activity_date < calendar.label_end_date
        where activity.order_count > 0 or activity.sold_revenue != 0

        union all

        select
            calendar.as_of_date,
            refunds.customer_id,
            0 as order_count,
            -refunds.refunded_amount as revenue
        from refunds
        inner join {{ calendar }} as calendar
            on
                refunds.activity_date >= calendar.label_start_date
                and refunds.activity_date < calendar.label_end_date
                and refunds.returned_date < calendar.label_end_date
        where {{ var('pm_enable_scores') }}
    )

    select
        as_of_date,
        customer_id,
        cast(sum(order_count) as bigint) as order_count,
        -- A cent may be missing where an order came back in several parts.
        cast(greatest(sum(revenue), 0) as decimal(18,2)) as net_revenue
    from movements
    group by as_of_date, customer_id
{% endmacro %}
