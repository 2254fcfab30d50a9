with order_lines as (
    {{ pm_typed_rows('order_lines') }}
),

item_spellings as (
    select * from {{ ref('stg_pm__item_spellings') }}
),

lines_with_item as (
    select
        item_spellings.item_id,
        order_lines.quantity,
        order_lines.unit_price
    from order_lines
    inner join item_spellings
        on order_lines.item_id_as_written = item_spellings.spelling
    where
        {{ 'true' if pm_has_line_defaults() else 'false' }}
        and {{ pm_is_known('order_lines.ordered_at') }}
        and order_lines.quantity > 0
        and order_lines.unit_price > 0
),

quantities_counted as (
    select
        item_id,
        quantity,
        count(*) as line_count
    from lines_with_item
    group by item_id, quantity
),

unit_prices_counted as (
    select
        item_id,
        unit_price,
        count(*) as line_count
    from lines_with_item
    group by item_id, unit_price
),

-- Of equally frequent values the smaller: the cautious one.
quantities_ranked as (
    select
        item_id,
        quantity,
        row_number() over (
            partition by item_id order by line_count desc, quantity asc
        ) as value_rank
    from quantities_counted
),

unit_prices_ranked as (
    select
        item_id,
        unit_price,
        row_number() over (
            partition by item_id order by line_count desc, unit_price asc
        ) as value_rank
    from unit_prices_counted
),

most_frequent_quantities as (
    select
        item_id,
        quantity
    from quantities_ranked
    where value_rank = 1
),

most_frequent_unit_prices as (
    select
        item_id,
        unit_price
    from unit_prices_ranked
    where value_rank = 1
),

items_averaged as (
    select
        item_id,
        avg(quantity) as mean_quantity,
        median(quantity) as median_quantity,
        avg(unit_price) as mean_unit_price,
        median(unit_price) as median_unit_price
    from lines_with_item
    group by item_id
),

final as (
    select
        items_averaged.item_id,
        cast(
            {{ pm_pick_default('quantity') }} as decimal(18,3)
        ) as quantity,
        cast(
            {{ pm_pick_default('unit_price') }} as decimal(18,4)
        ) as unit_price
    from items_averaged
    inner join most_frequent_quantities
        on items_averaged.item_id = most_frequent_quantities.item_id
    inner join most_frequent_unit_prices
        on items_averaged.item_id = most_frequent_unit_prices.item_id
)

select * from final
