{#- Normal deviations on either side of an interval of 95 %. -#}
{%- set reach = '1.96' -%}
with realised_scores as (
    select * from {{ ref('ml_pm__realised_scores') }}
),

scores_ranked as (
    select
        *,
        rank() over (partition by as_of_date, target order by prediction desc)
            as prediction_rank,
        count(*) over (partition by as_of_date, target) as customer_count
    from realised_scores
),

scores_in_deciles as (
    select
        *,
        {{ pm_decile('prediction', 'prediction_rank', 'customer_count') }} as decile
    from scores_ranked
),

-- Sums are taken over decimals: a sum of doubles depends on its order.
deciles as (
    select
        as_of_date,
        target,
        kind,
        decile,
        algorithm,
        model_version,
        label_start_date,
        label_end_date,
        count(*) as customer_count,
        cast(sum(cast(prediction as decimal(38,12))) as double) as prediction_sum,
        cast(sum(cast(baseline_prediction as decimal(38,12))) as double)
            as baseline_sum,
        cast(sum(cast(label as decimal(38,2))) as double) as label_sum,
        cast(sum(cast(label * label as decimal(38,4))) as double) as label_square_sum
    from scores_in_deciles
    group by
        as_of_date,
        target,
        kind,
        decile,
        algorithm,
        model_version,
        label_start_date,
        label_end_date
),

means as (
    select
        *,
        prediction_sum / customer_count as mean_prediction,
        baseline_sum / customer_count as mean_baseline_prediction,
        label_sum / customer_count as realised_mean,
        {{ reach }} * sqrt(
            greatest(
                label_square_sum - label_sum * label_sum / customer_count, 0
            )
            / nullif(customer_count - 1, 0)
            / customer_count
        ) as mean_reach
    from deciles
),

-- Of a share Wilson's interval, of money that of a mean.
means_bounded as (
    select
        *,
        case
            when kind = 'binary'
                then {{ pm_wilson_limit('label_sum', 'customer_count', reach, '-') }}
            else realised_mean - mean_reach
        end as realised_lower,
        case
            when kind = 'binary'
                then {{ pm_wilson_limit('label_sum', 'customer_count', reach, '+') }}
            else realised_mean + mean_reach
        end as realised_upper
    from means
),

final as (
    select
        as_of_date,
        target,
        decile,
        algorithm,
        model_version,
        label_start_date,
        label_end_date,
        cast(customer_count as bigint) as customer_count,
        mean_prediction,
        mean_baseline_prediction,
        realised_mean,
        realised_lower,
        realised_upper,
        mean_prediction between realised_lower and realised_upper as is_as_predicted
    from means_bounded
)

select * from final
