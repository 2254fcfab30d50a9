-- No line from as_of_date or later is accepted, so no table can know of one.
select
    order_lines.order_line_id,
    order_lines.ordered_at,
    as_of.as_of_date
from {{ ref('pm__order_lines') }} as order_lines
inner join {{ ref('int_pm__as_of') }} as as_of
    on order_lines.ordered_at >= as_of.as_of_date
