-- Nothing is lost, in money: quantity times price of the raw order lines, typed once
-- more from the input itself, is that of the accepted plus that of the rejected lines.
-- Lines whose quantity or price was filled have no raw amount, and those out of range
-- none that could be added up. A relation or query may have grown since it was read, so
-- there it is the lines that were read that must add up.
{% set is_file = pm_input('order_lines').kind == 'files' %}
with
{% if is_file %}
    lines_typed as (
        {{ pm_typed_rows('order_lines') }}
    ),
{% endif %}

-- Quantities get more digits: a product of two numbers of 18 has only 18 of its own.
raw_lines as (
    {% if is_file %}
        -- Asking for the record keeps DuckDB 2.0 from moving the try_cast into its CSV
        -- reader, where a price of 'free' is an error (optimizer type_pushdown).
        select
            cast(quantity as decimal(20,3)) as quantity,
            unit_price,
            is_return
        from lines_typed
        where raw_record is not null
    {% else %}
        select
            cast(quantity as decimal(20,3)) as quantity,
            unit_price,
            is_return
        from {{ ref('stg_pm__order_lines_checked') }}
        where not is_quantity_imputed and not is_unit_price_imputed
    {% endif %}
),

order_lines_checked as (
    select *
    from {{ ref('stg_pm__order_lines_checked') }}
    where not is_quantity_imputed and not is_unit_price_imputed
),

rejected_rows as (
    select *
    from {{ ref('pm__rejected_rows') }}
    where input = 'order_lines'
),

order_lines as (
    select *
    from {{ ref('pm__order_lines') }}
    where not is_quantity_imputed and not is_unit_price_imputed
),

raw_total as (
    select
        coalesce(sum(cast(round(
            case when is_return then -abs(quantity) else quantity end * unit_price, 2
        ) as decimal(18,2))), 0) as amount
    from raw_lines
    where abs(quantity * unit_price) < {{ pm_line_amount_limit() }}
),

rejected_total as (
    select coalesce(sum(order_lines_checked.gross_amount), 0) as amount
    from rejected_rows
    inner join order_lines_checked
        on rejected_rows.raw_row_id = order_lines_checked.raw_row_id
),

accepted_total as (
    select coalesce(sum(gross_amount), 0) as amount
    from order_lines
)

select
    raw_total.amount as raw_amount,
    accepted_total.amount as accepted_amount,
    rejected_total.amount as rejected_amount
from raw_total
cross join accepted_total
cross join rejected_total
where raw_total.amount != accepted_total.amount + rejected_total.amount
