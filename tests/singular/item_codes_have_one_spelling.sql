-- A code that two items shared would multiply every line that is joined on it.
select
    item_key,
    count(distinct item_id) as spelling_count
from {{ ref('stg_pm__item_spellings') }}
group by item_key
having count(distinct item_id) > 1
