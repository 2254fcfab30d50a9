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
        ) as label,
        features.unit,
        feature_numbers.feature_number
    from score_moves
    left join features
        on score_moves.feature = features.feature
    left join feature_numbers
        on score_moves.feature = feature_numbers.feature
    left join attribute_values
        on
            score_moves.customer_id = attribute_values.customer_id
            and score_moves.feature = attribute_values.attribute
    left join feature_labels as level_labels
        on score_moves.feature || '_#' = level_labels.feature
    left join feature_labels as missing_labels
        on score_moves.feature || '_missing' = missing_labels.feature
),

-- Side by side first, so that a customer's features are looked up once a target.
moves_side_by_side as (
    select
        target,
        customer_id
        {%- for rank in [1, 2, 3] -%}
            {%- set is_of_rank = 'reason_rank = ' ~ rank -%}
            ,
            max(
                case
                    when {{ is_of_rank }} and move > 0 then '+ ' || label
                    when {{ is_of_rank }} then '- ' || label
                end
            ) as label_{{ rank }},
            max(case when {{ is_of_rank }} then unit end) as unit_{{ rank }},
            max(case when {{ is_of_rank }} then feature_number end)
                as feature_number_{{ rank }}
        {%- endfor %}
    from moves_labelled
    group by target, customer_id
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
-- would otherwise read alike, and a flag would be claimed of who lacks it. The words of
-- an attribute hold its level.
final as (
    select
        target,
        customer_id
        {%- for rank in [1, 2, 3] -%}
            ,
            label_{{ rank }}
            || case
                when feature_number_{{ rank }} is null then ''
                else ': ' || {{ pm_feature_text('value_' ~ rank, 'unit_' ~ rank) }}
            end as reason_{{ rank }}
        {%- endfor %}
    from moves_valued
)

select * from final
