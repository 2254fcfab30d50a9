{#- English: 'orders a year over 5 and order value up to 120'. -#}
{%- set words = {
    'en': {'over': ' over ', 'up_to': ' up to ', 'and': ' and', 'gap': ' ', 'all': 'everyone'},
    'zh': {'over': '大于', 'up_to': '不超过', 'and': '且', 'gap': '', 'all': '所有客户'},
}[var('pm_language')] -%}
{%- set label = 'label_' ~ var('pm_language') -%}
with segment_rules as (
    select * from {{ ref('ml_pm__segment_rules') }}
),

measure_labels as (
    select * from {{ ref('pm_segment_measure_labels') }}
),

conditions as (
    select
        segment_rules.fitted_segment_id,
        segment_rules.measure,
        measure_labels.{{ label }}
        || case
            when segment_rules.lower_bound is not null
                then
                    '{{ words.over }}'
                    || {{ pm_plain_number('segment_rules.lower_bound') }}
            else ''
        end
        || case
            when
                segment_rules.lower_bound is not null
                and segment_rules.upper_bound is not null
                then '{{ words.and }}'
            else ''
        end
        || case
            when segment_rules.upper_bound is not null
                then
                    '{{ words.up_to }}'
                    || {{ pm_plain_number('segment_rules.upper_bound') }}
            else ''
        end as condition_text
    from segment_rules
    inner join measure_labels
        on segment_rules.measure = measure_labels.measure
    where
        segment_rules.lower_bound is not null or segment_rules.upper_bound is not null
),

conditions_joined as (
    select
        fitted_segment_id,
        {{ dbt.listagg(
            'condition_text', "'" ~ words.and ~ words.gap ~ "'", 'order by measure'
        ) }} as rule
    from conditions
    group by fitted_segment_id
),

segments_with_rule as (
    select
        fitted_segment_id,
        max(tree_fidelity) as tree_fidelity
    from segment_rules
    group by fitted_segment_id
),

final as (
    select
        segments_with_rule.fitted_segment_id,
        coalesce(conditions_joined.rule, '{{ words.all }}') as rule,
        segments_with_rule.tree_fidelity
    from segments_with_rule
    left join conditions_joined
        on segments_with_rule.fitted_segment_id = conditions_joined.fitted_segment_id
)

select * from final
