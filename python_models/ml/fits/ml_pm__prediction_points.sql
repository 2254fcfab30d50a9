with prediction_cuts as (
    select * from {{ ref('ml_pm__prediction_cuts') }}
),

cuts_valued as (
    select
        *,
        probability >= {{ pm_chosen_cut() }} as is_worth_its_cost,
        {{ pm_contact_profit('reached_row_count', 'reached_positive_count') }} as profit
    from prediction_cuts
),

-- Of the cuts that reach up to each hundredth of the customers the last, so that equal
-- probabilities stay together; and the two that people act on, wherever they lie.
cuts_ranked as (
    select
        *,
        row_number() over (
            partition by
                model_version,
                ceil(100.0 * reached_row_count / total_row_count)
            order by reached_row_count desc
        ) as hundredth_rank,
        row_number() over (
            partition by model_version order by profit desc, reached_row_count asc
        ) as profit_rank,
        row_number() over (
            partition by model_version, is_worth_its_cost
            order by reached_row_count desc
        ) as worth_rank
    from cuts_valued
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
    where
        hundredth_rank = 1
        or profit_rank = 1
        or (is_worth_its_cost and worth_rank = 1)
)

select * from final
