{%- set is_read_once = pm_input('order_lines').kind in ['relation', 'query'] -%}
{%- set source = 'raw_rows' if is_read_once else pm_input_from('order_lines') -%}
{%- set has_line_ids = pm_has_column('order_lines', 'order_line_id') %}
-- Read only when a missing value is filled from others: a join for nothing is dear.
-- depends_on: {{ ref('stg_pm__line_defaults') }}
with
{% if is_read_once %}
    -- Read once: two reads of a view or query may number its rows differently.
    raw_rows as {{ pm_materialized() }} (
        select * from {{ pm_input_from('order_lines') }}
    ),
{% endif %}

date_bounds as (
    select * from {{ ref('stg_pm__order_date_bounds') }}
),

item_spellings as (
    select * from {{ ref('stg_pm__item_spellings') }}
),

{% if pm_has_line_defaults() %}
    line_defaults as (
        select * from {{ ref('stg_pm__line_defaults') }}
    ),
{% endif %}

lines_typed as (
    {{ pm_typed_rows('order_lines', source=source) }}
),

rows_hashed as (
    {{ pm_typed_rows('order_lines', source=source) }}
),

-- Rows equal in every raw column. The hash keeps this to eight bytes a row; the test
-- order_lines_duplicates_are_equal would catch two rows that merely share one.
rows_repeated as (
    select
        row_hash,
        min(raw_row_id) as first_raw_row_id
    from rows_hashed
    group by row_hash
    having count(*) > 1
),

lines_completed as (
    select
        lines_typed.raw_row_id,
        lines_typed.raw_record,
        lines_typed.order_line_id,
        lines_typed.order_id,
        lines_typed.customer_id,
        item_spellings.item_id,
        lines_typed.item_id_as_written,
        lines_typed.item_name,
        lines_typed.category,
        lines_typed.channel,
        lines_typed.country,
        lines_typed.passthrough,
        lines_typed.ordered_at,
        coalesce(lines_typed.quantity, {{ pm_line_default('quantity') }}) as quantity,
        coalesce(lines_typed.unit_price, {{ pm_line_default('unit_price') }})
            as unit_price,
        lines_typed.discount_amount,
        lines_typed.unit_cost,
        lines_typed.is_return,
        lines_typed.is_invalid_ordered_at,
        lines_typed.is_invalid_quantity,
        lines_typed.is_invalid_unit_price,
        lines_typed.is_invalid_discount_amount,
        lines_typed.is_invalid_unit_cost,
        lines_typed.is_invalid_is_return,
        lines_typed.quantity is null as is_quantity_imputed,
        lines_typed.unit_price is null as is_unit_price_imputed,
        item_spellings.is_service_code,
        date_bounds.first_possible_date,
        date_bounds.last_possible_date,
        rows_repeated.first_raw_row_id
    from lines_typed
    cross join date_bounds
    left join item_spellings
        on lines_typed.item_id_as_written = item_spellings.spelling
    left join rows_repeated
        on lines_typed.row_hash = rows_repeated.row_hash
    {% if pm_has_line_defaults() %}
        left join line_defaults
            on item_spellings.item_id = line_defaults.item_id
    {% endif %}
),

lines_signed as (
    select
        *,
        -- A return leaves the shop's stock with a plus, so its quantity is below zero.
        case when is_return then -abs(quantity) else quantity end as signed_quantity
    from lines_completed
),

lines_priced as (
    select
        *,
        -- 38 digits: 18 would overflow, and stop the build, at a bar code typed as a
        -- quantity.
        cast(signed_quantity as decimal(20,3)) * unit_price as exact_amount
    from lines_signed
),

lines_judged as (
    select
        *,
        case
            {{ pm_need_verdicts('order_lines') }}
            when
                greatest(abs(exact_amount), abs(discount_amount))
                >= {{ pm_line_amount_limit() }}
                then 'amount_out_of_range'
            {{ pm_rule_branches('reject') }}
            when not {{ pm_is_known('ordered_at') }} then 'after_as_of'
        end as own_reject_reason,
        case {{ pm_rule_branches('flag') }} end as flagged_rule,
        coalesce(is_return, false) or quantity < 0 as is_return_line,
        case
            when abs(exact_amount) < {{ pm_line_amount_limit() }}
                then cast(round(exact_amount, 2) as decimal(18,2))
        end as gross_amount
    from lines_priced
),

lines_told_apart as (
    select
        *,
        {% if has_line_ids %}
            -- The first line that is fit to be kept keeps the id.
            case
                when own_reject_reason is not null then own_reject_reason
                when
                    order_line_id is not null
                    and row_number() over (
                        partition by order_line_id, own_reject_reason is null
                        order by raw_row_id
                    ) > 1
                    then 'duplicate_line_id'
            end as reject_reason
        {% else %}
            own_reject_reason as reject_reason
        {% endif %}
    from lines_judged
),

final as (
    select
        raw_row_id,
        -- Where some lines have an id of their own, a bare number could be one of them.
        coalesce(
            order_line_id,
            {% if has_line_ids %} 'row ' || {% endif %} cast(raw_row_id as string)
        ) as order_line_id,
        order_id,
        customer_id,
        item_id,
        item_name,
        category,
        channel,
        country,
        passthrough,
        ordered_at,
        signed_quantity as quantity,
        unit_price,
        coalesce(abs(discount_amount), 0) as discount_amount,
        unit_cost,
        gross_amount,
        case
            when coalesce(own_reject_reason, '') != 'amount_out_of_range'
                then cast(
                    gross_amount
                    - sign(signed_quantity) * coalesce(abs(discount_amount), 0)
                    as decimal(18,2)
                )
        end as net_amount,
        is_return_line as is_return,
        customer_id is null as is_anonymous,
        item_id_as_written != item_id as is_item_code_fixed,
        is_quantity_imputed and quantity is not null as is_quantity_imputed,
        is_unit_price_imputed and unit_price is not null as is_unit_price_imputed,
        {{ pm_invalid_columns('order_lines') }} as invalid_columns,
        flagged_rule,
        reject_reason,
        case when reject_reason = 'exact_duplicate' then first_raw_row_id end
            as duplicate_of_raw_row_id,
        case
            when reject_reason is not null then {{ pm_row_to_json('raw_record') }}
        end as raw_values
    from lines_told_apart
)

select * from final
