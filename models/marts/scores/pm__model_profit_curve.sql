with prediction_points as (
    select * from {{ ref('ml_pm__prediction_points') }}
),

points_valued as (
    select
        *,
        {{ pm_contact_profit('reached_row_count', 'reached_positive_count') }} as profit
    from prediction_points
),

points_ranked as (
    select
        *,
        row_number() over (
            partition by model_version order by profit desc, reached_row_count asc
        ) as profit_rank,
        max(case when probability >= {{ pm_chosen_cut() }} then reached_row_count end)
            over (partition by model_version) as chosen_row_count
    from points_valued
),

final as (
    select
        target,
        algorithm,
        fold,
        model_version,
        as_of_date as evaluation_date,
        probability,
        reached_row_count as contact_count,
        reached_positive_count as response_count,
        profit,
        profit_rank = 1 and profit > 0 as is_best_cut,
        coalesce(reached_row_count = chosen_row_count, false) as is_chosen_cut
    from points_ranked
)

select * from final
