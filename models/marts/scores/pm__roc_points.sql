with prediction_points as (
    select * from {{ ref('ml_pm__prediction_points') }}
),

final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        as_of_date as evaluation_date,
        probability,
        reached_row_count / cast(total_row_count as double) as reached_share,
        reached_positive_count / cast(nullif(total_positive_count, 0) as double)
            as true_positive_rate,
        (reached_row_count - reached_positive_count)
        / cast(nullif(total_row_count - total_positive_count, 0) as double)
            as false_positive_rate,
        reached_positive_count / cast(reached_row_count as double) as precision
    from prediction_points
)

select * from final
