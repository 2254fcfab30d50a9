with score_moves as (
    select * from {{ ref('ml_pm__score_moves') }}
),

features as (
    select * from {{ ref('int_pm__features') }}
),

reasons_worded as (
    select
        score_moves.target,
        score_moves.customer_id,
        score_moves.reason_rank,
        case when score_moves.move > 0 then '+ ' else '- ' end
        || features.label as reason
    from score_moves
    inner join features
        on score_moves.feature = features.feature
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
