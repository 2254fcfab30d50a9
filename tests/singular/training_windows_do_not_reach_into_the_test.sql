-- No label of training is taken from a day on or after its fold's origin, the windows
-- of two origins do not share a day, and none reaches past the day that is scored.
with model_folds as (
    select
        model_folds.fold,
        model_folds.origin_date,
        model_folds.as_of_date,
        model_folds.split,
        feature_calendar.label_start_date,
        feature_calendar.label_end_date
    from {{ ref('int_pm__model_folds') }} as model_folds
    inner join {{ ref('int_pm__feature_calendar') }} as feature_calendar
        on model_folds.as_of_date = feature_calendar.as_of_date
)

select
    fold,
    as_of_date,
    split
from model_folds
where
    label_start_date < as_of_date
    or (split = 'train' and label_end_date > origin_date)

union all

select
    earlier.fold,
    earlier.as_of_date,
    earlier.split
from model_folds as earlier
inner join model_folds as later
    on
        earlier.split = 'test'
        and later.split in ('test', 'score')
        and earlier.as_of_date < later.as_of_date
where
    (later.split = 'test' and earlier.label_end_date > later.label_start_date)
    or (later.split = 'score' and earlier.label_end_date > later.as_of_date)
