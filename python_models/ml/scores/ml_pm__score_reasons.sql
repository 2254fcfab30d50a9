with score_moves as (
    select * from {{ ref('ml_pm__score_moves') }}
),

features as (
    select * from {{ ref('int_pm__features') }}
),

feature_labels as (
    select
        feature,
        label_{{ var('pm_language') }} as label
    from {{ ref('pm_feature_labels') }}
),

customers as (
    select * from {{ ref('stg_pm__customers') }}
),

attribute_values as (
    select
        cast(null as string) as customer_id,
        cast(null as string) as attribute,
        cast(null as string) as value
    from customers
    where false

    {% for attribute in pm_attribute_features() %}
        union all

        select
            customer_id,
            '{{ attribute }}' as attribute,
            {{ attribute }} as value
        from customers
        where {{ attribute }} is not null
    {% endfor %}
),

-- Of an attribute the words name the customer's own level.
moves_labelled as (
    select
        score_moves.*,
        coalesce(
            features.label,
            {{ pm_fill_template(
                'level_labels.label', {'level': 'attribute_values.value'}
            ) }},
            missing_labels.label
        ) as label
    from score_moves
    left join features
        on score_moves.feature = features.feature
    left join attribute_values
        on
            score_moves.customer_id = attribute_values.customer_id
            and score_moves.feature = attribute_values.attribute
    left join feature_labels as level_labels
        on score_moves.feature || '_#' = level_labels.feature
    left join feature_labels as missing_labels
        on score_moves.feature || '_missing' = missing_labels.feature
),

reasons_worded as (
    select
        target,
        customer_id,
        reason_rank,
        case when move > 0 then '+ ' else '- ' end || label as reason
    from moves_labelled
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
