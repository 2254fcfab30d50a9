{%- set terms = [] -%}
{%- for feature in pm_features() -%}
    {%- do terms.append(pm_linear_term(feature)) -%}
{%- endfor -%}
with keys_to_score as (
    select * from {{ ref('ml_pm__keys_to_score') }}
),

feature_matrix as (
    select * from {{ ref('int_pm__feature_matrix') }}
),

linear_parameters as (
    select * from {{ ref('ml_pm__linear_parameters') }}
),

tree_scores as (
    select * from {{ ref('ml_pm__tree_scores') }}
),

tree_nodes as (
    select * from {{ ref('ml_pm__tree_nodes') }}
),

batch_scores as (
    select * from {{ ref('ml_pm__batch_scores') }}
),

features as (
    select * from {{ ref('int_pm__features') }}
),

feature_numbers as (
    {{ pm_feature_numbers() }}
),

lines_listed as (
    select
        keys_to_score.target,
        keys_to_score.customer_id,
        {{ dbt.array_construct(terms, 'double') }}
            as moves
    from keys_to_score
    inner join linear_parameters
        on keys_to_score.model_version = linear_parameters.model_version
    inner join feature_matrix
        on
            keys_to_score.as_of_date = feature_matrix.as_of_date
            and keys_to_score.customer_id = feature_matrix.customer_id
),

line_moves as (
    {{ pm_array_elements('lines_listed', 'moves', ['target', 'customer_id']) }}
),

-- A step down a tree moves the mean, for the feature that the node asks for.
tree_moves as (
    {% for level in range(pm_tree_depth()) %}
        select
            tree_scores.target,
            tree_scores.customer_id,
            nodes.feature,
            children.value - nodes.value as move
        from tree_scores
        inner join tree_nodes as nodes
            on
                tree_scores.model_version = nodes.model_version
                and tree_scores.node_{{ level }} = nodes.node
        inner join tree_nodes as children
            on
                tree_scores.model_version = children.model_version
                and tree_scores.node_{{ level + 1 }} = children.node
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

moves as (
    select
        line_moves.target,
        line_moves.customer_id,
        feature_numbers.feature,
        line_moves.element as move
    from line_moves
    inner join feature_numbers
        on line_moves.position = feature_numbers.feature_number
    where line_moves.element != 0

    union all

    select
        target,
        customer_id,
        feature,
        move
    from tree_moves

    {% for rank in [1, 2, 3] %}
        union all

        select
            target,
            customer_id,
            feature_{{ rank }} as feature,
            contribution_{{ rank }} as move
        from batch_scores
        where feature_{{ rank }} is not null
    {% endfor %}
),

-- The flags of an attribute are one reason: what the customer's own level is worth.
moves_summed as (
    select
        moves.target,
        moves.customer_id,
        coalesce(features.attribute, moves.feature) as feature,
        cast(sum(cast(moves.move as decimal(38,15))) as double) as move
    from moves
    inner join features
        on moves.feature = features.feature
    group by
        moves.target, moves.customer_id, coalesce(features.attribute, moves.feature)
),

moves_ranked as (
    select
        target,
        customer_id,
        feature,
        move,
        row_number() over (
            partition by target, customer_id order by abs(move) desc, feature asc
        ) as reason_rank
    from moves_summed
),

final as (
    select
        target,
        customer_id,
        reason_rank,
        feature,
        move
    from moves_ranked
    where reason_rank <= 3
)

select * from final
