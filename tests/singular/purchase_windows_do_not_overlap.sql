-- The last training label ends before the first day the model is tested on, and every
-- label ends before the day that is scored.
with feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

bounds as (
    select
        max(case when split = 'train' then label_end_date end) as train_label_end_date,
        min(case when split = 'test' then as_of_date end) as test_as_of_date,
        max(case when split = 'test' then label_end_date end) as test_label_end_date,
        min(case when split = 'score' then as_of_date end) as score_as_of_date
    from feature_calendar
)

select *
from bounds
where
    train_label_end_date > test_as_of_date
    or test_label_end_date > score_as_of_date
