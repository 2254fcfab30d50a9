with judged_predictions as (
    select * from {{ ref('ml_pm__judged_predictions') }}
    where kind = 'binary'
),

models_to_explain as (
    select * from {{ ref('ml_pm__models_to_explain') }}
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

final as (
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
)

select * from final
