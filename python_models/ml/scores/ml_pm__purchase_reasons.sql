with purchase_snapshots as (
    select * from {{ ref('int_pm__purchase_snapshots') }}
    where split = 'score'
),

purchase_parameters as (
    select * from {{ ref('ml_pm__purchase_parameters') }}
),

feature_labels as (
    select * from {{ ref('pm_feature_labels') }}
),

contributions as (
    {% for feature in pm_purchase_features() %}
        select
            purchase_snapshots.customer_id,
            '{{ feature }}' as feature,
            {{ pm_linear_term(feature) }} as contribution
        from purchase_snapshots
        cross join purchase_parameters
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

contributions_ranked as (
    select
        customer_id,
        feature,
        contribution,
        row_number() over (
            partition by customer_id
            order by abs(contribution) desc, feature asc
        ) as reason_rank
    from contributions
    where contribution != 0
),

reasons_worded as (
    select
        contributions_ranked.customer_id,
        contributions_ranked.reason_rank,
        case when contributions_ranked.contribution > 0 then '+ ' else '- ' end
        || feature_labels.label_{{ var('pm_language') }} as reason
    from contributions_ranked
    inner join feature_labels
        on contributions_ranked.feature = feature_labels.feature
    where contributions_ranked.reason_rank <= 3
),

final as (
    select
        reasons_worded.customer_id
        {%- for rank in [1, 2, 3] -%}
            ,
            max(
                case
                    when reasons_worded.reason_rank = {{ rank }}
                        then reasons_worded.reason
                end
            ) as reason_{{ rank }}
        {%- endfor %}
    from reasons_worded
    group by reasons_worded.customer_id
)

select * from final
