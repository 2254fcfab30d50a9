with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

score_history as (
    select * from {{ ref('ml_pm__score_history') }}
    where {{ var('pm_enable_scores') }}
),

scores_due as (
    select score_history.*
    from score_history
    inner join as_of
        on score_history.label_end_date <= as_of.as_of_date
),

score_calendar as (
    select distinct
        as_of_date,
        label_start_date,
        label_end_date
    from scores_due
),

categories as (
    select distinct category
    from scores_due
    where category is not null
),

label_windows as (
    {{ pm_label_windows('score_calendar') }}
),

category_buyers as (
    {{ pm_category_buyers('score_calendar', 'categories') }}
),

final as (
    select
        scores_due.as_of_date,
        scores_due.target,
        scores_due.kind,
        scores_due.category,
        scores_due.customer_id,
        scores_due.algorithm,
        scores_due.model_version,
        scores_due.prediction,
        scores_due.baseline_prediction,
        scores_due.label_start_date,
        scores_due.label_end_date,
        cast(
            case
                {% for target, label in pm_window_labels().items() %}
                    when scores_due.target = '{{ target }}' then {{ label }}
                {% endfor %}
                when scores_due.category is not null
                    then case when category_buyers.customer_id is null then 0 else 1 end
            end
            as double
        ) as label
    from scores_due
    left join label_windows
        on
            scores_due.as_of_date = label_windows.as_of_date
            and scores_due.customer_id = label_windows.customer_id
    left join category_buyers
        on
            scores_due.as_of_date = category_buyers.as_of_date
            and scores_due.customer_id = category_buyers.customer_id
            and scores_due.category = category_buyers.category
)

select * from final
