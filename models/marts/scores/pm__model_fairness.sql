{%- set minimum = var('pm_fairness_min_customers') -%}
with judged_predictions as (
    select * from {{ ref('ml_pm__judged_predictions') }}
    where kind = 'binary'
),

models_to_explain as (
    select * from {{ ref('ml_pm__models_to_explain') }}
),

fitted_models as (
    select * from {{ ref('ml_pm__fitted_models') }}
),

customer_attributes as (
    select * from {{ ref('ml_pm__customer_attributes') }}
),

groups as (
    {% for name in var('pm_fairness_columns') %}
        select
            customer_id,
            '{{ name }}' as group_column,
            cast({{ pm_fairness_groups()[name] }} as string) as group_value
        from customer_attributes
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

groups_counted as (
    select
        judged_predictions.target,
        judged_predictions.algorithm,
        judged_predictions.fold,
        judged_predictions.model_version,
        judged_predictions.as_of_date as evaluation_date,
        groups.group_column,
        groups.group_value,
        count(*) as customer_count,
        sum(cast(judged_predictions.label as bigint)) as positive_count,
        sum(
            case
                when judged_predictions.prediction >= {{ pm_chosen_cut() }} then 1
                else 0
            end
        ) as chosen_count,
        sum(
            case
                when judged_predictions.prediction >= {{ pm_chosen_cut() }}
                    then cast(judged_predictions.label as bigint)
                else 0
            end
        ) as chosen_positive_count,
        cast(
            sum(cast(judged_predictions.prediction as decimal(38,15))) as double
        ) as probability_sum
    from judged_predictions
    inner join models_to_explain
        on judged_predictions.model_version = models_to_explain.model_version
    inner join groups
        on judged_predictions.customer_id = groups.customer_id
    where groups.group_value is not null
    group by
        judged_predictions.target,
        judged_predictions.algorithm,
        judged_predictions.fold,
        judged_predictions.model_version,
        judged_predictions.as_of_date,
        groups.group_column,
        groups.group_value
),

rates as (
    select
        *,
        customer_count >= {{ minimum }} as is_judged,
        chosen_count / cast(customer_count as double) as selection_rate,
        case
            when positive_count >= {{ minimum }}
                then chosen_positive_count / cast(positive_count as double)
        end as true_positive_rate,
        case
            when customer_count - positive_count >= {{ minimum }}
                then
                    (chosen_count - chosen_positive_count)
                    / cast(customer_count - positive_count as double)
        end as false_positive_rate,
        probability_sum / customer_count as mean_probability,
        positive_count / cast(customer_count as double) as observed_rate
    from groups_counted
),

-- Against the group that is best off; groups too small to judge set no mark.
compared as (
    select
        *,
        selection_rate
        / nullif(
            max(case when is_judged then selection_rate end)
                over (partition by model_version, group_column),
            0
        ) as selection_rate_ratio,
        max(case when is_judged then true_positive_rate end)
            over (partition by model_version, group_column)
        - true_positive_rate as true_positive_rate_gap,
        false_positive_rate
        - min(case when is_judged then false_positive_rate end)
            over (partition by model_version, group_column) as false_positive_rate_gap
    from rates
),

final as (
    select
        compared.target,
        compared.algorithm,
        compared.fold,
        compared.model_version,
        fitted_models.final_model_version,
        compared.evaluation_date,
        compared.group_column,
        compared.group_value,
        cast(compared.customer_count as bigint) as customer_count,
        cast(compared.positive_count as bigint) as positive_count,
        compared.is_judged,
        compared.selection_rate,
        compared.true_positive_rate,
        compared.false_positive_rate,
        compared.mean_probability,
        compared.observed_rate,
        compared.mean_probability - compared.observed_rate as calibration_gap,
        compared.selection_rate_ratio,
        compared.true_positive_rate_gap,
        compared.false_positive_rate_gap,
        case
            when not compared.is_judged then null
            else
                coalesce(
                    compared.selection_rate_ratio
                    >= {{ var('pm_fairness_min_ratio') }},
                    true
                )
                and coalesce(
                    compared.true_positive_rate_gap
                    <= {{ var('pm_fairness_max_gap') }},
                    true
                )
                and coalesce(
                    compared.false_positive_rate_gap
                    <= {{ var('pm_fairness_max_gap') }},
                    true
                )
        end as is_fair
    from compared
    inner join fitted_models
        on compared.model_version = fitted_models.model_version
)

select * from final
