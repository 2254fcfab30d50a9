with prediction_cuts as (
    select * from {{ ref('ml_pm__prediction_cuts') }}
),

-- Equal probabilities stay together, in the bin of their middle rank.
cuts_binned as (
    select
        *,
        cast(
            least(
                floor(
                    10 * (reached_row_count - row_count / cast(2 as double))
                    / total_row_count
                ),
                9
            )
            as integer
        ) + 1 as bin
    from prediction_cuts
),

final as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        bin,
        cast(sum(row_count) as bigint) as customer_count,
        cast(sum(positive_count) as bigint) as positive_count,
        cast(sum(cast(probability * row_count as decimal(38,15))) as double)
            as probability_sum,
        min(probability) as lowest_probability,
        max(probability) as highest_probability
    from cuts_binned
    group by target, fold, algorithm, model_version, as_of_date, bin
)

select * from final
