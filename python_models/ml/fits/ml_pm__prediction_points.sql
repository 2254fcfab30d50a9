with prediction_cuts as (
    select * from {{ ref('ml_pm__prediction_cuts') }}
),

-- Of the cuts that reach up to each hundredth of the customers the last, so that equal
-- probabilities stay together.
cuts_ranked as (
    select
        *,
        row_number() over (
            partition by
                model_version,
                ceil(100.0 * reached_row_count / total_row_count)
            order by reached_row_count desc
        ) as hundredth_rank
    from prediction_cuts
),

final as (
    select
        target,
        fold,
        algorithm,
        model_version,
        as_of_date,
        probability,
        reached_row_count,
        reached_positive_count,
        total_row_count,
        total_positive_count
    from cuts_ranked
    where hundredth_rank = 1
)

select * from final
