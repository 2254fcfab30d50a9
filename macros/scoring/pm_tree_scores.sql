{#
A query with the score of each row of `keys` (model_version, as_of_date, customer_id) by
its decision tree: the value of the leaf it falls to, one join a level. With it `steps`,
the node on each level.

    {{ pm_tree_scores('keys', 'feature_matrix', 'tree_nodes') }}
#}
{% macro pm_tree_scores(keys, features, nodes) %}
    {% set depth = pm_tree_depth() %}
    select
        keys.*,
        {% for level in range(depth + 1) %}
            nodes_{{ level }}.node as node_{{ level }},
        {% endfor %}
        coalesce(
            {% for level in range(depth, -1, -1) %}
                nodes_{{ level }}.value{{ ',' if not loop.last }}
            {% endfor %}
        ) as score
    from {{ keys }} as keys
    inner join (
        select
            as_of_date,
            customer_id,
            {{ dbt.array_construct(pm_features().keys() | list, api.Column.translate_type('float')) }}
                as feature_values
        from {{ features }}
    ) as features
        on
            keys.as_of_date = features.as_of_date
            and keys.customer_id = features.customer_id
    inner join {{ nodes }} as nodes_0
        on
            keys.model_version = nodes_0.model_version
            and nodes_0.node = 0
    {% for level in range(1, depth + 1) %}
        left join {{ nodes }} as nodes_{{ level }}
            on
                nodes_{{ level - 1 }}.model_version = nodes_{{ level }}.model_version
                and case
                    when
                        coalesce(
                            {{ pm_array_item('features.feature_values', 'nodes_' ~ (level - 1) ~ '.feature_number') }}
                            <= nodes_{{ level - 1 }}.threshold,
                            nodes_{{ level - 1 }}.is_missing_left
                        )
                        then nodes_{{ level - 1 }}.left_node
                    else nodes_{{ level - 1 }}.right_node
                end = nodes_{{ level }}.node
    {% endfor %}
{% endmacro %}


{# Levels below the root that a decision tree has at most: TREE_MAX_DEPTH of the library. #}
{% macro pm_tree_depth() %}
    {% do return(5) %}
{% endmacro %}
