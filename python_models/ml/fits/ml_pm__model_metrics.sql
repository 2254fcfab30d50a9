with binary_metrics as (
    select * from {{ ref('ml_pm__binary_metrics') }}
),

amount_metrics as (
    select * from {{ ref('ml_pm__amount_metrics') }}
),

metric_intervals as (
    select * from {{ ref('ml_pm__metric_intervals') }}
),

model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where component = 'meta'
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

measured as (
    {% for kind in ['binary', 'amount'] %}
        {% for metric, column in pm_model_metrics(kind).items() %}
            select
                target,
                fold,
                algorithm,
                model_version,
                as_of_date,
                '{{ metric }}' as metric,
                {{ column }} as value
            from {{ kind }}_metrics

            union all

        {% endfor %}
    {% endfor %}
    -- Where a line through log odds takes an iteration, Python took it.
    select
        binary_metrics.target,
        binary_metrics.fold,
        binary_metrics.algorithm,
        binary_metrics.model_version,
        binary_metrics.as_of_date,
        metric_intervals.metric,
        metric_intervals.value
    from binary_metrics
    inner join metric_intervals
        on binary_metrics.model_version = metric_intervals.model_version
    where metric_intervals.metric in ('calibration_slope', 'calibration_intercept')
),

compared as (
    select
        measured.*,
        baselines.value as baseline_value
    from measured
    left join measured as baselines
        on
            measured.target = baselines.target
            and measured.fold = baselines.fold
            and measured.metric = baselines.metric
            and baselines.algorithm = 'baseline'
),

gains as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        case
            when metric = 'average_precision' then 'average_precision_gain'
            else 'squared_error_gain'
        end as metric,
        case
            when metric = 'average_precision' then value / nullif(baseline_value, 0) - 1
            else 1 - value / nullif(baseline_value, 0)
        end as value,
        0 as baseline_value
    from compared
    where metric in ('average_precision', 'mse')
),

measured_and_gains as (
    select * from compared
    union all
    select * from gains
),

-- Who is left over proves as little in a handful as who is looked for.
grades as (
    select
        metric_intervals.model_version,
        case
            when
                max(binary_metrics.row_count - binary_metrics.positive_count)
                < {{ var('pm_gate_min_negatives') }}
                then 'insufficient_data'
            else max(metric_intervals.grade)
        end as grade
    from metric_intervals
    left join binary_metrics
        on metric_intervals.model_version = binary_metrics.model_version
    group by metric_intervals.model_version
),

final as (
    select
        measured_and_gains.target,
        measured_and_gains.algorithm,
        measured_and_gains.fold,
        measured_and_gains.model_version,
        fitted_models.final_model_version,
        measured_and_gains.as_of_date,
        measured_and_gains.metric,
        measured_and_gains.value,
        metric_intervals.lower,
        metric_intervals.upper,
        measured_and_gains.baseline_value,
        model_parameters.value as training_value,
        grades.grade
    from measured_and_gains
    inner join fitted_models
        on measured_and_gains.model_version = fitted_models.model_version
    inner join grades
        on measured_and_gains.model_version = grades.model_version
    left join metric_intervals
        on
            measured_and_gains.model_version = metric_intervals.model_version
            and measured_and_gains.metric = metric_intervals.metric
    left join model_parameters
        on
            measured_and_gains.model_version = model_parameters.model_version
            and 'train_' || measured_and_gains.metric = model_parameters.feature
)

select * from final
