{#
Which sale each returned unit came from: one row per return line and sale line, `units`.

    {{ pm_matched_returns('lines', ['customer_id', 'item_id']) }}

`lines` has order_line_id, order_id, the keys, ordered_at, is_return and units (above
zero).
A return takes units of the latest sales at or before it, and a unit is returned once.
Read backwards in time, returned units queue up and each sale serves the queue in turn;
`idle` counts units sold while no return waited. Both sides are then intervals on one
line of matched units, and overlapping intervals match (Lindley's waiting line).
Lines of one moment are taken by what is in them before their id, which may be no more
than their place in the input.
#}
{% macro pm_matched_returns(lines, keys) %}
    {% set sequence = 'ordered_at desc, is_return desc, order_id desc, units desc, order_line_id desc' %}
    {% set window %}
        partition by {{ keys | join(', ') }}
        order by {{ sequence }}
        rows between unbounded preceding and current row
    {% endset %}
    with units_cumulated as (
        select
            *,
            sum(case when is_return then units else 0 end) over ({{ window }})
                as returned_so_far,
            sum(case when is_return then 0 else units end) over ({{ window }})
                as sold_so_far
        from {{ lines }}
    ),

    units_idle as (
        select
            *,
            greatest(
                0, max(sold_so_far - returned_so_far) over ({{ window }})
            ) as idle_so_far
        from units_cumulated
    ),

    intervals as (
        select
            *,
            case
                when is_return then returned_so_far - units
                else
                    sold_so_far - units
                    - coalesce(
                        lag(idle_so_far) over (
                            partition by {{ keys | join(', ') }}
                            order by {{ sequence }}
                        ),
                        0
                    )
            end as interval_start,
            case
                when is_return then returned_so_far
                else sold_so_far - idle_so_far
            end as interval_end
        from units_idle
    )

    select
        returns.order_line_id as return_order_line_id,
        sales.order_line_id as sale_order_line_id,
        least(returns.interval_end, sales.interval_end)
        - greatest(returns.interval_start, sales.interval_start) as units
    from intervals as returns
    inner join intervals as sales
        on
            {% for key in keys %}
                returns.{{ key }} = sales.{{ key }} and
            {% endfor %}
            returns.interval_start < sales.interval_end
            and sales.interval_start < returns.interval_end
            and sales.interval_start < sales.interval_end
    where returns.is_return and not sales.is_return
{% endmacro %}
