{#
Sale lines of which something had not been sent back, as seen from some days: a query, one
row per row of `days` and line before its `until`, with kept_quantity.

    lines_kept as (
        {{ pm_kept_sale_lines('order_lines', 'return_matches', 'calendar', 'as_of_date') }}
    )

`lines` is a relation like int_pm__order_lines, `matches` one like int_pm__return_matches
and `days` one like int_pm__recommendation_calendar; all are names of relations in sight. A
unit sent back on `until` or later is kept: that day did not know.
#}
{% macro pm_kept_sale_lines(lines, matches, days, until) %}
with units_returned as (
    select
        days.fold,
        matches.sale_order_line_id as order_line_id,
        sum(matches.quantity) as quantity
    from {{ matches }} as matches
    inner join {{ days }} as days
        on matches.returned_at < days.{{ until }}
    group by days.fold, matches.sale_order_line_id
)

select
    days.fold,
    order_lines.customer_id,
    order_lines.order_id,
    order_lines.item_id,
    order_lines.country,
    order_lines.quantity - coalesce(units_returned.quantity, 0) as kept_quantity,
    order_lines.ordered_at
from {{ lines }} as order_lines
inner join {{ days }} as days
    on order_lines.ordered_at < days.{{ until }}
left join units_returned
    on
        days.fold = units_returned.fold
        and order_lines.order_line_id = units_returned.order_line_id
where
    not order_lines.is_return
    and order_lines.quantity > coalesce(units_returned.quantity, 0)
{% endmacro %}
