-- The SQL scorers and Python, from the same parameters, on every customer judged: all
-- origins and targets of the linear models and decision trees.
with model_predictions as (
    select * from {{ ref('ml_pm__model_predictions') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

linear_parameters as (
    select * from {{ ref('ml_pm__linear_parameters') }}
),

tree_nodes as (
    select * from {{ ref('ml_pm__tree_nodes') }}
),

keys_judged as (
    select
        model_version,
        as_of_date,
        customer_id,
        kind,
        algorithm
    from model_predictions
),

linear_scores as (
    {{ pm_linear_scores('keys_judged', 'feature_matrix', 'linear_parameters') }}
),

tree_scores as (
    {{ pm_tree_scores('keys_judged', 'feature_matrix', 'tree_nodes') }}
),

scored_in_sql as (
    select
        model_version,
        as_of_date,
        customer_id,
        {{ pm_prediction_of_line('score', 'kind') }} as prediction
    from linear_scores

    union all

    select
        model_version,
        as_of_date,
        customer_id,
        score as prediction
    from tree_scores
)

select
    model_predictions.model_version,
    model_predictions.algorithm,
    model_predictions.customer_id,
    scored_in_sql.prediction as prediction_in_sql,
    coalesce(model_predictions.probability, model_predictions.score)
        as prediction_in_python
from model_predictions
inner join {{ ref('pm_algorithms') }} as algorithms
    on model_predictions.algorithm = algorithms.algorithm
left join scored_in_sql
    on
        model_predictions.model_version = scored_in_sql.model_version
        and model_predictions.as_of_date = scored_in_sql.as_of_date
        and model_predictions.customer_id = scored_in_sql.customer_id
where
    algorithms.scored_by = 'sql'
    and algorithms.algorithm != 'baseline'
    and (
        scored_in_sql.prediction is null
        or abs(
            scored_in_sql.prediction
            - coalesce(model_predictions.probability, model_predictions.score)
        )
        > 1e-9 * greatest(1, abs(scored_in_sql.prediction))
    )
