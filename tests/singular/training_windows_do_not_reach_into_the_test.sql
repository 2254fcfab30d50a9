-- No label of training is taken from a day on or after the first day of the test, and
-- none of the test from a day on or after as_of_date.
with feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
)

select
    earlier.as_of_date,
    earlier.split,
    earlier.label_end_date,
    later.as_of_date as later_as_of_date
from feature_calendar as earlier
inner join feature_calendar as later
    on
        (earlier.split = 'train' and later.split = 'test')
        or (earlier.split = 'test' and later.split = 'score')
where earlier.label_end_date > later.as_of_date
