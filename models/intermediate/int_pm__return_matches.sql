with order_lines as (
    select * from {{ ref('stg_pm__order_lines') }}
),

returned_pairs as (
    select distinct
        customer_id,
        item_id
    from order_lines
    where is_return and not is_anonymous
),

lines_of_returned_pairs as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.customer_id,
        order_lines.item_id,
        order_lines.unit_price,
        order_lines.ordered_at,
        order_lines.is_return,
        abs(order_lines.quantity) as units
    from order_lines
    inner join returned_pairs
        on
            order_lines.customer_id = returned_pairs.customer_id
            and order_lines.item_id = returned_pairs.item_id
),

matches_at_same_price as (
    {{ pm_matched_returns(
        'lines_of_returned_pairs', ['customer_id', 'item_id', 'unit_price']
    ) }}
),

units_matched as (
    select
        return_order_line_id as order_line_id,
        sum(units) as units
    from matches_at_same_price
    group by return_order_line_id

    union all

    select
        sale_order_line_id as order_line_id,
        sum(units) as units
    from matches_at_same_price
    group by sale_order_line_id
),

lines_left_over as (
    select
        lines_of_returned_pairs.order_line_id,
        lines_of_returned_pairs.order_id,
        lines_of_returned_pairs.customer_id,
        lines_of_returned_pairs.item_id,
        lines_of_returned_pairs.ordered_at,
        lines_of_returned_pairs.is_return,
        lines_of_returned_pairs.units - coalesce(units_matched.units, 0) as units
    from lines_of_returned_pairs
    left join units_matched
        on lines_of_returned_pairs.order_line_id = units_matched.order_line_id
    where lines_of_returned_pairs.units > coalesce(units_matched.units, 0)
),

matches_at_other_price as (
    {{ pm_matched_returns('lines_left_over', ['customer_id', 'item_id']) }}
),

matches_united as (
    select
        *,
        true as is_same_price
    from matches_at_same_price

    union all

    select
        *,
        false as is_same_price
    from matches_at_other_price
),

matches_summed as (
    select
        return_order_line_id,
        sale_order_line_id,
        sum(units) as quantity,
        bool_and(is_same_price) as is_same_price
    from matches_united
    group by return_order_line_id, sale_order_line_id
),

final as (
    select
        matches_summed.return_order_line_id,
        matches_summed.sale_order_line_id,
        sales.order_id as sale_order_id,
        matches_summed.quantity,
        matches_summed.is_same_price,
        returns.ordered_at as returned_at
    from matches_summed
    inner join lines_of_returned_pairs as returns
        on matches_summed.return_order_line_id = returns.order_line_id
    inner join lines_of_returned_pairs as sales
        on matches_summed.sale_order_line_id = sales.order_line_id
)

select * from final
