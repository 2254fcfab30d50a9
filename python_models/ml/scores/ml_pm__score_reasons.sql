with score_moves as (
    select * from {{ ref('ml_pm__score_moves') }}
),

features as (
    select * from {{ ref('int_pm__features') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

customer_snapshots as (
    select * from {{ ref('int_pm__customer_snapshots') }}
),

feature_numbers as (
    {{ pm_feature_numbers() }}
),

customers_listed as (
    select
        customer_snapshots.customer_id,
        {{ dbt.array_construct(pm_features().keys() | list, 'double') }}
            as feature_values
    from customer_snapshots
    inner join as_of
        on customer_snapshots.as_of_date = as_of.as_of_date
),

-- Side by side first, so that a customer's features are looked up once a target.
moves_side_by_side as (
    select
        score_moves.target,
        score_moves.customer_id
        {%- for rank in [1, 2, 3] -%}
            {%- set is_of_rank = 'score_moves.reason_rank = ' ~ rank -%}
            ,
            max(
                case
                    when {{ is_of_rank }} and score_moves.move > 0
                        then '+ ' || features.label
                    when {{ is_of_rank }} then '- ' || features.label
                end
            ) as label_{{ rank }},
            max(case when {{ is_of_rank }} then features.unit end)
                as unit_{{ rank }},
            max(case when {{ is_of_rank }} then feature_numbers.feature_number end)
                as feature_number_{{ rank }}
        {%- endfor %}
    from score_moves
    inner join features
        on score_moves.feature = features.feature
    inner join feature_numbers
        on score_moves.feature = feature_numbers.feature
    group by score_moves.target, score_moves.customer_id
),

moves_valued as (
    select
        moves_side_by_side.*
        {%- for rank in [1, 2, 3] -%}
            ,
            {{ pm_array_item(
                'customers_listed.feature_values',
                'moves_side_by_side.feature_number_' ~ rank,
            ) }} as value_{{ rank }}
        {%- endfor %}
    from moves_side_by_side
    inner join customers_listed
        on moves_side_by_side.customer_id = customers_listed.customer_id
),

-- With the customer's own value: that few orders raise a score and that many lower it
-- would otherwise read alike, and a flag would be claimed of who lacks it.
final as (
    select
        target,
        customer_id
        {%- for rank in [1, 2, 3] -%}
            ,
            label_{{ rank }}
            || ': '
            || {{ pm_feature_text('value_' ~ rank, 'unit_' ~ rank) }}
                as reason_{{ rank }}
        {%- endfor %}
    from moves_valued
)

select * from final
