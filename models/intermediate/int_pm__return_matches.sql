{#- Lines of one moment go by what is in them: an id may be a mere place in a file. -#}
{%- set in_time -%}
    partition by customer_id, item_id
    order by
        ordered_at asc, is_return asc, order_id asc, unit_price asc, units asc,
        order_line_id asc
{%- endset -%}
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

-- What a customer holds of an item is a stack: a sale lays its units on top, a return
-- takes them off the top, and what was never sold cannot come back.
units_moved as (
    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.customer_id,
        order_lines.item_id,
        order_lines.unit_price,
        order_lines.ordered_at,
        order_lines.is_return,
        order_lines.quantity as units
    from order_lines
    inner join returned_pairs
        on
            order_lines.customer_id = returned_pairs.customer_id
            and order_lines.item_id = returned_pairs.item_id
),

units_cumulated as (
    select
        *,
        sum(units) over (
            {{ in_time }} rows between unbounded preceding and current row
        ) as units_so_far
    from units_moved
),

-- Returns of more than was there leave the stack empty, not below it.
stack_heights as (
    select
        *,
        units_so_far - least(
            0,
            min(units_so_far) over (
                {{ in_time }} rows between unbounded preceding and current row
            )
        ) as height
    from units_cumulated
),

moves as (
    select
        order_line_id,
        order_id,
        customer_id,
        item_id,
        unit_price,
        ordered_at,
        is_return,
        least(height, coalesce(lag(height) over ({{ in_time }}), 0)) as lower_height,
        greatest(height, coalesce(lag(height) over ({{ in_time }}), 0)) as upper_height
    from stack_heights
),

heights as (
    select
        customer_id,
        item_id,
        lower_height as height
    from moves
    union
    select
        customer_id,
        item_id,
        upper_height as height
    from moves
),

layers as (
    select
        customer_id,
        item_id,
        height as layer_bottom,
        lead(height) over (partition by customer_id, item_id order by height)
            as layer_top
    from heights
),

-- In one layer sales and returns take turns, so the move before a return is its sale.
layers_moved as (
    select
        moves.order_line_id as return_order_line_id,
        moves.customer_id,
        moves.is_return,
        moves.unit_price as returned_unit_price,
        moves.ordered_at as returned_at,
        layers.layer_top - layers.layer_bottom as units
        {%- for column in ['order_line_id', 'order_id', 'unit_price'] -%}
            ,
            lag(moves.{{ column }}) over (
                partition by moves.customer_id, moves.item_id, layers.layer_bottom
                order by
                    moves.ordered_at asc, moves.is_return asc, moves.order_line_id asc
            ) as sale_{{ column }}
        {%- endfor %}
    from moves
    inner join layers
        on
            moves.customer_id = layers.customer_id
            and moves.item_id = layers.item_id
            and moves.lower_height <= layers.layer_bottom
            and moves.upper_height > layers.layer_bottom
),

final as (
    select
        return_order_line_id,
        sale_order_line_id,
        sale_order_id,
        customer_id,
        cast(sum(units) as decimal(18,3)) as quantity,
        returned_unit_price = sale_unit_price as is_same_price,
        returned_at
    from layers_moved
    where is_return
    group by
        return_order_line_id,
        sale_order_line_id,
        sale_order_id,
        customer_id,
        returned_unit_price,
        sale_unit_price,
        returned_at
)

select * from final
