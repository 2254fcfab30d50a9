-- The summary against the tables it sums up: rejections per rule are the rejected rows,
-- rows read are accepted plus rejected, in rows and money, and the marks of order lines
-- count again.
with cleaning_summary as (
    select * from {{ ref('pm__cleaning_summary') }}
),

rejected_rows as (
    select * from {{ ref('pm__rejected_rows') }}
),

order_lines as (
    select * from {{ ref('pm__order_lines') }}
),

rejections_counted as (
    select
        input,
        reason as rule,
        count(*) as row_count
    from rejected_rows
    group by input, reason
),

marks_counted as (
    {% for mark, column in {
        'anonymous': 'is_anonymous',
        'return': 'is_return',
        'return_matched': 'is_return and returned_quantity > 0',
        'outlier': 'is_outlier',
        'item_code_variant': 'is_item_code_fixed',
        'item_name_variant': 'is_item_name_fixed',
        'quantity_imputed': 'is_quantity_imputed',
        'unit_price_imputed': 'is_unit_price_imputed',
    }.items() %}
        select
            'order_lines' as input,
            '{{ mark }}' as rule,
            sum(case when {{ column }} then 1 else 0 end) as row_count
        from order_lines
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

inputs_summed as (
    select
        input,
        sum(case action when 'read' then row_count else 0 end) as read_count,
        sum(case when action in ('accept', 'reject') then row_count else 0 end)
            as judged_count,
        sum(case action when 'read' then amount else 0 end) as read_amount,
        sum(case when action in ('accept', 'reject') then amount else 0 end)
            as judged_amount
    from cleaning_summary
    group by input
)

select
    coalesce(cleaning_summary.input, rejections_counted.input) as input,
    coalesce(cleaning_summary.rule, rejections_counted.rule) as problem
from cleaning_summary
full outer join rejections_counted
    on
        cleaning_summary.input = rejections_counted.input
        and cleaning_summary.rule = rejections_counted.rule
where
    coalesce(cleaning_summary.action, 'reject') = 'reject'
    and coalesce(cleaning_summary.row_count, 0)
    != coalesce(rejections_counted.row_count, 0)

union all

select
    cleaning_summary.input,
    cleaning_summary.rule as problem
from cleaning_summary
inner join marks_counted
    on
        cleaning_summary.input = marks_counted.input
        and cleaning_summary.rule = marks_counted.rule
where cleaning_summary.row_count != coalesce(marks_counted.row_count, 0)

union all

select
    input,
    'read is not accepted plus rejected' as problem
from inputs_summed
where
    read_count != judged_count
    or (input = 'order_lines' and read_amount != judged_amount)
