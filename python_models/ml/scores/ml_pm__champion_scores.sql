with keys_to_score as (
    select * from {{ ref('ml_pm__keys_to_score') }}
),

baseline_scores as (
    select * from {{ ref('ml_pm__baseline_scores') }}
),

linear_scores as (
    select * from {{ ref('ml_pm__linear_scores') }}
),

tree_scores as (
    select * from {{ ref('ml_pm__tree_scores') }}
),

batch_scores as (
    select * from {{ ref('ml_pm__batch_scores') }}
),

predictions as (
    {% for family in ['linear', 'tree', 'batch'] %}
        select
            target,
            customer_id,
            prediction
        from {{ family }}_scores
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        keys_to_score.target,
        keys_to_score.kind,
        keys_to_score.algorithm,
        keys_to_score.model_version,
        keys_to_score.as_of_date,
        keys_to_score.customer_id,
        case
            when keys_to_score.algorithm = 'baseline' then baseline_scores.score
            else predictions.prediction
        end as prediction,
        baseline_scores.score as baseline_prediction
    from keys_to_score
    left join baseline_scores
        on
            keys_to_score.target = baseline_scores.target
            and keys_to_score.customer_id = baseline_scores.customer_id
    left join predictions
        on
            keys_to_score.target = predictions.target
            and keys_to_score.customer_id = predictions.customer_id
)

select * from final
