-- Copies are found by a 64-bit hash of the raw row. Two different rows that merely
-- share a hash would lose one of them: each copy must equal its first in what makes a
-- line.
with order_lines_checked as (
    select * from {{ ref('stg_pm__order_lines_checked') }}
)

select
    copies.raw_row_id,
    originals.raw_row_id as original_raw_row_id
from order_lines_checked as copies
left join order_lines_checked as originals
    on copies.duplicate_of_raw_row_id = originals.raw_row_id
where
    copies.reject_reason = 'exact_duplicate'
    and (
        originals.raw_row_id is null
        or originals.raw_row_id >= copies.raw_row_id
        or copies.order_id is distinct from originals.order_id
        or copies.customer_id is distinct from originals.customer_id
        or copies.item_id is distinct from originals.item_id
        or copies.ordered_at is distinct from originals.ordered_at
        or copies.quantity is distinct from originals.quantity
        or copies.unit_price is distinct from originals.unit_price
    )
