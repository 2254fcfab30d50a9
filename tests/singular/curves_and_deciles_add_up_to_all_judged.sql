-- Deciles, calibration bins, the ROC curve and the profit curve each tell of all
-- customers judged and of all their responses, as pm__model_evaluation counts them.
with model_evaluation as (
    select * from {{ ref('pm__model_evaluation') }}
),

targets as (
    select * from {{ ref('int_pm__targets') }}
    where kind = 'binary'
),

counts as (
    select
        model_evaluation.model_version,
        max(case when model_evaluation.metric = 'rows' then model_evaluation.value end)
            as customer_count,
        max(
            case
                when model_evaluation.metric = 'positives' then model_evaluation.value
            end
        ) as response_count
    from model_evaluation
    inner join targets
        on model_evaluation.target = targets.target
    group by model_evaluation.model_version
),

told as (
    select
        'pm__model_deciles' as told_by,
        model_version,
        sum(customer_count) as customer_count,
        sum(buyer_count) as response_count,
        max(cumulative_gain) as share_of_responses
    from {{ ref('pm__model_deciles') }}
    group by model_version

    union all

    select
        'pm__model_calibration' as told_by,
        model_version,
        sum(customer_count) as customer_count,
        sum(positive_count) as response_count,
        cast(null as double) as share_of_responses
    from {{ ref('pm__model_calibration') }}
    group by model_version

    union all

    select
        'pm__model_profit_curve' as told_by,
        model_version,
        max(contact_count) as customer_count,
        max(response_count) as response_count,
        cast(null as double) as share_of_responses
    from {{ ref('pm__model_profit_curve') }}
    group by model_version

    union all

    select
        'pm__roc_points' as told_by,
        counts.model_version,
        counts.customer_count * max(roc_points.reached_share) as customer_count,
        counts.response_count,
        max(roc_points.true_positive_rate) as share_of_responses
    from counts
    inner join {{ ref('pm__roc_points') }} as roc_points
        on counts.model_version = roc_points.model_version
    group by counts.model_version, counts.customer_count, counts.response_count
),

tables as (
    {% for name in [
        'pm__model_deciles', 'pm__model_calibration', 'pm__model_profit_curve',
        'pm__roc_points',
    ] %}
        select '{{ name }}' as told_by
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    tables.told_by,
    counts.model_version,
    counts.customer_count,
    told.customer_count as customer_count_told,
    counts.response_count,
    told.response_count as response_count_told,
    told.share_of_responses
from counts
cross join tables
left join told
    on
        counts.model_version = told.model_version
        and tables.told_by = told.told_by
where
    counts.customer_count is distinct from told.customer_count
    or counts.response_count is distinct from told.response_count
    or (counts.response_count > 0 and told.share_of_responses != 1)
