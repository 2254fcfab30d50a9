with judged_predictions as (
    select * from {{ ref('ml_pm__judged_predictions') }}
    where kind = 'binary'
),

-- Equal probabilities are one cut: no order within them means anything.
cuts as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        prediction as probability,
        count(*) as row_count,
        sum(cast(label as bigint)) as positive_count
    from judged_predictions
    group by target, fold, algorithm, model_version, as_of_date, prediction
),

cuts_cumulated as (
    select
        *,
        sum(row_count) over (
            partition by model_version order by probability desc
            rows between unbounded preceding and current row
        ) as reached_row_count,
        sum(positive_count) over (
            partition by model_version order by probability desc
            rows between unbounded preceding and current row
        ) as reached_positive_count,
        sum(row_count) over (partition by model_version) as total_row_count,
        sum(positive_count) over (partition by model_version) as total_positive_count
    from cuts
),

final as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        probability,
        cast(row_count as bigint) as row_count,
        cast(positive_count as bigint) as positive_count,
        cast(reached_row_count as bigint) as reached_row_count,
        cast(reached_positive_count as bigint) as reached_positive_count,
        cast(total_row_count as bigint) as total_row_count,
        cast(total_positive_count as bigint) as total_positive_count
    from cuts_cumulated
)

select * from final
