{#
A query with the score of each row of `keys` (model_version, as_of_date, customer_id) by
its decision tree: the value of the leaf it falls to, one join a level, and the node on each
level. Customers are scored before they are joined with the keys, so that no join carries
their features.

    {{ pm_tree_scores('keys', 'feature_matrix', 'tree_nodes') }}
#}
{% macro pm_tree_scores(keys, features, nodes) %}
    {% set depth = pm_tree_depth() %}
    select
        keys.*,
        {% for level in range(depth + 1) %}
            scores.node_{{ level }},
        {% endfor %}
        scores.score
    from {{ keys }} as keys
    inner join (
        select
            nodes_0.model_version,
            features.as_of_date,
            features.customer_id,
            {% for level in range(depth + 1) %}
                nodes_{{ level }}.node as node_{{ level }},
            {% endfor %}
            coalesce(
                {% for level in range(depth, -1, -1) %}
                    nodes_{{ level }}.value{{ ',' if not loop.last }}
                {% endfor %}
            ) as score
        from (
            select
                as_of_date,
                customer_id,
                {{ dbt.array_construct(pm_features().keys() | list, api.Column.translate_type('float')) }}
                    as feature_values
            from {{ features }}
        ) as features
        inner join (select distinct model_version, as_of_date from {{ keys }}) as model_days
            on features.as_of_date = model_days.as_of_date
        inner join {{ nodes }} as nodes_0
            on
                model_days.model_version = nodes_0.model_version
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
    ) as scores
        on
            keys.model_version = scores.model_version
            and keys.as_of_date = scores.as_of_date
            and keys.customer_id = scores.customer_id
{% endmacro %}


{# Levels below the root that a decision tree has at most: TREE_MAX_DEPTH of the library. #}
{% macro pm_tree_depth() %}
    {% do return(5) %}
{% endmacro %}
