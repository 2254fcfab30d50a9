with fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
    where fold = 'final'
),

-- A day with a handful of buyers proves nothing, for or against a model.
model_metrics as (
    select * from {{ ref('ml_pm__model_metrics') }}
    where grade != 'insufficient_data'
),

algorithms as (
    select * from {{ ref('pm_algorithms') }}
),

-- Decimals add up the same in any order. Origins' windows do not overlap, so the errors
-- of their gains are taken as independent; an unknown one leaves the mean's unknown.
gains as (
    select
        target,
        algorithm,
        count(value) as origin_count,
        sum(case when value > 0 then 1 else 0 end) as origins_won,
        cast(sum(cast(value as decimal(38,15))) as double) / count(value) as gain,
        case
            when count(value) = count(upper - lower)
                then 1.96 / 3.92 / count(value) * sqrt(
                    cast(
                        sum(
                            cast((upper - lower) * (upper - lower) as decimal(38,15))
                        ) as double
                    )
                )
        end as gain_reach
    from model_metrics
    where metric in ('average_precision_gain', 'squared_error_gain')
    group by target, algorithm
),

-- What is gone of the baseline's log loss, of an amount of its squared error: who ranks
-- well may still be wrong of every probability.
losses as (
    select
        target,
        algorithm,
        cast(
            sum(
                cast(
                    case
                        when metric = 'log_loss'
                            then 1 - value / nullif(baseline_value, 0)
                        else value
                    end
                    as decimal(38,15)
                )
            )
            as double
        ) / count(value) as loss_gain
    from model_metrics
    where metric in ('log_loss', 'squared_error_gain')
    group by target, algorithm
),

gaps as (
    select
        target,
        algorithm,
        cast(sum(cast(training_value - value as decimal(38,15))) as double)
        / count(value) as training_gap
    from model_metrics
    where metric in ('auc', 'r2')
    group by target, algorithm
),

final as (
    select
        fitted_models.target,
        fitted_models.kind,
        fitted_models.algorithm,
        fitted_models.model_version,
        algorithms.simplicity,
        coalesce(gains.origin_count, 0) as origin_count,
        coalesce(gains.origins_won, 0) as origins_won,
        gains.gain,
        gains.gain - gains.gain_reach as gain_lower,
        gains.gain + gains.gain_reach as gain_upper,
        losses.loss_gain,
        gaps.training_gap
    from fitted_models
    inner join algorithms
        on fitted_models.algorithm = algorithms.algorithm
    left join gains
        on
            fitted_models.target = gains.target
            and fitted_models.algorithm = gains.algorithm
    left join losses
        on
            fitted_models.target = losses.target
            and fitted_models.algorithm = losses.algorithm
    left join gaps
        on
            fitted_models.target = gaps.target
            and fitted_models.algorithm = gaps.algorithm
)

select * from final
