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

moves_valued as (
    select
        score_moves.target,
        score_moves.customer_id,
        score_moves.reason_rank,
        score_moves.move,
        features.label,
        features.unit,
        {{ pm_array_item(
            'customers_listed.feature_values', 'feature_numbers.feature_number'
        ) }} as value
    from score_moves
    inner join features
        on score_moves.feature = features.feature
    inner join feature_numbers
        on score_moves.feature = feature_numbers.feature
    inner join customers_listed
        on score_moves.customer_id = customers_listed.customer_id
),

-- With the customer's own value: that few orders raise a score and that many lower it
-- would otherwise read alike, and a flag would be claimed of who lacks it.
reasons_worded as (
    select
        target,
        customer_id,
        reason_rank,
        case when move > 0 then '+ ' else '- ' end
        || label
        || ': '
        || {{ pm_feature_text('value', 'unit') }} as reason
    from moves_valued
),

final as (
    select
        target,
        customer_id
        {%- for rank in [1, 2, 3] -%}
            ,
            max(case when reason_rank = {{ rank }} then reason end)
                as reason_{{ rank }}
        {%- endfor %}
    from reasons_worded
    group by target, customer_id
)

select * from final
