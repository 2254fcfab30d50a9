with score_moves as (
    select * from {{ ref('ml_pm__score_moves') }}
),

feature_labels as (
    select * from {{ ref('pm_feature_labels') }}
),

reasons_worded as (
    select
        score_moves.target,
        score_moves.customer_id,
        score_moves.reason_rank,
        case when score_moves.move > 0 then '+ ' else '- ' end
        || feature_labels.label_{{ var('pm_language') }} as reason
    from score_moves
    inner join feature_labels
        on score_moves.feature = feature_labels.feature
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
