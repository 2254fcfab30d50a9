with judged_predictions as (
    select * from {{ ref('ml_pm__judged_predictions') }}
    where kind = 'amount'
),

rows_centred as (
    select
        *,
        cast(
            sum(cast(label as decimal(38,9))) over (partition by model_version)
            as double
        ) / count(*) over (partition by model_version) as mean_label
    from judged_predictions
),

-- Sums are taken over decimals: a sum of doubles depends on its order.
sums as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        cast(count(*) as double) as row_count,
        cast(sum(case when label > 0 then 1 else 0 end) as double) as positive_count,
        cast(
            sum(cast((prediction - label) * (prediction - label) as decimal(38,9)))
            as double
        ) as square_sum,
        cast(sum(cast(abs(prediction - label) as decimal(38,9))) as double)
            as absolute_sum,
        cast(
            sum(cast((label - mean_label) * (label - mean_label) as decimal(38,9)))
            as double
        ) as spread_sum
    from rows_centred
    group by target, fold, algorithm, model_version, as_of_date
),

final as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        square_sum / row_count as mse,
        absolute_sum / row_count as mae,
        1 - square_sum / nullif(spread_sum, 0) as r2,
        positive_count,
        row_count
    from sums
)

select * from final
