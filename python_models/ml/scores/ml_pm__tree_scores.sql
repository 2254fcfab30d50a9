with keys_to_score as (
    select * from {{ ref('ml_pm__keys_to_score') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

tree_nodes as (
    select * from {{ ref('ml_pm__tree_nodes') }}
),

scores as (
    {{ pm_tree_scores('keys_to_score', 'feature_matrix', 'tree_nodes') }}
),

final as (
    select
        model_version,
        target,
        kind,
        as_of_date,
        customer_id,
        {% for level in range(pm_tree_depth() + 1) %}
            node_{{ level }},
        {% endfor %}
        score as prediction
    from scores
)

select * from final
