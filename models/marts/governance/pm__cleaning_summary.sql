{%- set inputs = pm_input_contract().keys() -%}
{%- set other_inputs = inputs | reject('equalto', 'order_lines') | list -%}
with order_lines_checked as (
    select * from {{ ref('stg_pm__order_lines_checked') }}
),

order_lines as (
    select * from {{ ref('int_pm__order_lines') }}
),

-- Every rule is a row, also when it caught nothing.
order_line_rules as (
    {% for rule in pm_order_line_rules() %}
        select
            {{ loop.index }} as position,
            '{{ rule.rule }}' as rule,
            '{{ rule.action }}' as action
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

order_line_counts as (
    select
        reject_reason as rule,
        count(*) as row_count,
        sum(gross_amount) as amount
    from order_lines_checked
    where reject_reason is not null
    group by reject_reason

    union all

    select
        flagged_rule as rule,
        count(*) as row_count,
        sum(gross_amount) as amount
    from order_lines
    where flagged_rule is not null
    group by flagged_rule

    {% for mark, rule in pm_line_marks().items() %}
        union all

        select
            '{{ mark }}' as rule,
            count(*) as row_count,
            sum(gross_amount) as amount
        from order_lines
        where {{ rule.column }}
    {% endfor %}
),

order_line_totals as (
    select
        'order_lines' as input,
        'all_rows' as rule,
        'read' as action,
        count(*) as row_count,
        sum(gross_amount) as amount
    from order_lines_checked

    union all

    select
        'order_lines' as input,
        'accepted_rows' as rule,
        'accept' as action,
        count(*) as row_count,
        sum(gross_amount) as amount
    from order_lines
),

other_rows as (
    {% for input in other_inputs %}
        select
            '{{ input }}' as input,
            reject_reason,
            invalid_columns
        from {{ ref('stg_pm__' ~ input ~ '_checked') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

other_counts as (
    select
        input,
        'all_rows' as rule,
        'read' as action,
        count(*) as row_count
    from other_rows
    group by input

    union all

    select
        input,
        'accepted_rows' as rule,
        'accept' as action,
        count(*) as row_count
    from other_rows
    where reject_reason is null
    group by input

    union all

    select
        input,
        reject_reason as rule,
        'reject' as action,
        count(*) as row_count
    from other_rows
    where reject_reason is not null
    group by input, reject_reason

    union all

    select
        input,
        'invalid_' || invalid_columns as rule,
        'fix' as action,
        count(*) as row_count
    from other_rows
    where reject_reason is null and invalid_columns is not null
    group by input, invalid_columns
),

united as (
    select * from order_line_totals

    union all

    select
        'order_lines' as input,
        order_line_rules.rule,
        order_line_rules.action,
        coalesce(order_line_counts.row_count, 0) as row_count,
        coalesce(order_line_counts.amount, 0) as amount
    from order_line_rules
    left join order_line_counts
        on order_line_rules.rule = order_line_counts.rule

    union all

    select
        input,
        rule,
        action,
        row_count,
        cast(null as decimal(18,2)) as amount
    from other_counts
),

final as (
    select
        input,
        rule,
        action,
        cast(row_count as bigint) as row_count,
        cast(amount as decimal(18,2)) as amount
    from united
)

select * from final
