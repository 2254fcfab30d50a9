-- Each metric by two roads: summed in SQL, and measured in Python by the code whose
-- tests hold it equal to scikit-learn.
with model_metrics as (
    select * from {{ ref('ml_pm__model_metrics') }}
),

metric_intervals as (
    select * from {{ ref('ml_pm__metric_intervals') }}
)

select
    metric_intervals.model_version,
    metric_intervals.metric,
    metric_intervals.value as value_in_python,
    model_metrics.value as value_in_sql
from metric_intervals
inner join {{ ref('ml_pm__fitted_models') }} as fitted_models
    on metric_intervals.model_version = fitted_models.model_version
left join model_metrics
    on
        metric_intervals.model_version = model_metrics.model_version
        and metric_intervals.metric = model_metrics.metric
where
    -- A baseline has no gain over itself in Python, and one of 0 in SQL.
    not (fitted_models.algorithm = 'baseline' and metric_intervals.metric like '%_gain')
    and (
        model_metrics.metric is null
        or (metric_intervals.value is null) != (model_metrics.value is null)
        or abs(metric_intervals.value - model_metrics.value)
        > 1e-9 * greatest(1, abs(model_metrics.value))
    )
