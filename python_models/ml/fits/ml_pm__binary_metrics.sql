with prediction_cuts as (
    select * from {{ ref('ml_pm__prediction_cuts') }}
),

calibration_bins as (
    select * from {{ ref('ml_pm__calibration_bins') }}
),

-- Sums are taken over integers and decimals: a sum of doubles depends on its order.
cuts_counted as (
    select
        *,
        reached_row_count - row_count as better_row_count,
        row_count - positive_count as negative_count,
        total_row_count - total_positive_count as total_negative_count,
        -- Where scikit-learn cuts off what would be an endless loss.
        least(greatest(probability, 2.220446049250313e-16), 1 - 2.220446049250313e-16)
            as probability_clipped,
        probability >= {{ pm_chosen_cut() }} as is_chosen
    from prediction_cuts
),

sums as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        cast(max(total_row_count) as double) as row_count,
        cast(max(total_positive_count) as double) as positive_count,
        cast(max(total_negative_count) as double) as negative_count,
        -- Pairs in which the positive is above the negative; a tie is half a pair.
        cast(
            sum(
                cast(
                    negative_count * (2 * reached_positive_count - positive_count)
                    as decimal(38,0)
                )
            )
            as double
        ) / 2 as ordered_pairs,
        cast(
            sum(
                cast(
                    positive_count
                    * (reached_positive_count / cast(reached_row_count as double))
                    as decimal(38,15)
                )
            )
            as double
        ) as precision_sum,
        cast(
            sum(
                cast(
                    -positive_count * ln(probability_clipped)
                    - negative_count * ln(1 - probability_clipped)
                    as decimal(38,15)
                )
            )
            as double
        ) as loss_sum,
        cast(
            sum(
                cast(
                    positive_count * (1 - probability) * (1 - probability)
                    + negative_count * probability * probability
                    as decimal(38,15)
                )
            )
            as double
        ) as square_sum,
        max(
            abs(
                reached_positive_count / cast(nullif(total_positive_count, 0) as double)
                - (reached_row_count - reached_positive_count)
                / cast(nullif(total_negative_count, 0) as double)
            )
        ) as ks,
        -- A cut that straddles the tenth counts by its share.
        cast(
            sum(
                cast(
                    positive_count
                    * least(
                        greatest(
                            (0.1 * total_row_count - better_row_count)
                            / cast(row_count as double),
                            0
                        ),
                        1
                    )
                    as decimal(38,15)
                )
            )
            as double
        ) as positives_in_top_tenth,
        cast(sum(case when is_chosen then positive_count else 0 end) as double)
            as true_positives,
        cast(sum(case when is_chosen then negative_count else 0 end) as double)
            as false_positives
    from cuts_counted
    group by target, fold, algorithm, model_version, as_of_date
),

calibration_errors as (
    select
        model_version,
        cast(
            sum(cast(abs(probability_sum - positive_count) as decimal(38,15))) as double
        ) as gap_sum
    from calibration_bins
    group by model_version
),

final as (
    select
        sums.target,
        sums.fold,
        sums.algorithm,
        sums.model_version,
        sums.as_of_date,
        sums.ordered_pairs
        / nullif(sums.positive_count * sums.negative_count, 0) as auc,
        case
            when sums.negative_count > 0
                then sums.precision_sum / nullif(sums.positive_count, 0)
        end as average_precision,
        sums.loss_sum / sums.row_count as log_loss,
        sums.square_sum / sums.row_count as brier,
        sums.ks,
        calibration_errors.gap_sum / sums.row_count as ece,
        case
            when sums.negative_count > 0
                then sums.positives_in_top_tenth / nullif(0.1 * sums.positive_count, 0)
        end as lift_at_10,
        (sums.true_positives + sums.negative_count - sums.false_positives)
        / sums.row_count as accuracy,
        sums.true_positives / nullif(sums.true_positives + sums.false_positives, 0)
            as precision,
        sums.true_positives / nullif(sums.positive_count, 0) as recall,
        2 * sums.true_positives
        / nullif(
            sums.true_positives + sums.false_positives + sums.positive_count, 0
        ) as f1,
        (sums.true_positives + sums.false_positives) / sums.row_count as chosen_share,
        sums.positive_count,
        sums.row_count
    from sums
    inner join calibration_errors
        on sums.model_version = calibration_errors.model_version
)

select * from final
