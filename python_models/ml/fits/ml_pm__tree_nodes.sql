with model_parameters as (
    select * from {{ ref('ml_pm__model_parameters') }}
    where algorithm = 'decision_tree'
),

feature_numbers as (
    {{ pm_feature_numbers() }}
),

nodes as (
    select
        model_version,
        target,
        kind,
        fold,
        algorithm,
        position as node,
        max(case when component = 'node_threshold' then feature end) as feature,
        max(case when component = 'node_threshold' then value end) as threshold,
        max(case when component = 'node_left' and value >= 0 then value end)
            as left_node,
        max(case when component = 'node_right' and value >= 0 then value end)
            as right_node,
        max(case when component = 'node_missing_left' then value end) = 1
            as is_missing_left,
        max(case when component = 'node_value' then value end) as value
    from model_parameters
    where component like 'node_%'
    group by model_version, target, kind, fold, algorithm, position
),

final as (
    select
        nodes.model_version,
        nodes.target,
        nodes.kind,
        nodes.fold,
        nodes.algorithm,
        nodes.node,
        nodes.feature,
        feature_numbers.feature_number,
        nodes.threshold,
        cast(nodes.left_node as bigint) as left_node,
        cast(nodes.right_node as bigint) as right_node,
        nodes.is_missing_left,
        nodes.value
    from nodes
    left join feature_numbers
        on nodes.feature = feature_numbers.feature
)

select * from final
