{%- set language = var('pm_language') -%}
{%- set named_count = 3 -%}
with segment_profiles as (
    select * from {{ ref('pm__segment_profiles') }}
),

segment_items as (
    select * from {{ ref('pm__segment_items') }}
),

customer_segments as (
    select * from {{ ref('pm__customer_segments') }}
),

segment_names as (
    select * from {{ ref('ml_pm__segment_names') }}
),

rule_texts as (
    select * from {{ ref('ml_pm__segment_rule_texts') }}
),

rule_quality as (
    select * from {{ ref('ml_pm__segment_rule_quality') }}
),

segment_habits as (
    select * from {{ ref('ml_pm__segment_habits') }}
),

segment_selection as (
    select * from {{ ref('ml_pm__segment_selection') }}
),

measure_labels as (
    select * from {{ ref('pm_segment_measure_labels') }}
),

segment_actions as (
    select * from {{ ref('pm_segment_actions') }}
),

segments_counted as (
    select
        segment_id,
        round(avg(confidence), 6) as mean_confidence,
        sum(case when is_outlier then 1 else 0 end) as outlier_count
    from customer_segments
    group by segment_id
),

segments_profiled as (
    select distinct
        as_of_date,
        model_version,
        segment_id,
        segment_name,
        customer_count,
        share_of_customers,
        net_revenue
    from segment_profiles
),

features_named as (
    select
        segment_profiles.segment_id,
        {{ dbt.listagg(
            "measure_labels.label_" ~ language ~ " || ' ('"
            ~ " || case when segment_profiles.z_score > 0 then '+' else '' end"
            ~ " || cast(round(segment_profiles.z_score, 1) as string) || ')'",
            "', '",
            'order by segment_profiles.rank'
        ) }} as top_features
    from segment_profiles
    inner join measure_labels
        on segment_profiles.feature = measure_labels.measure
    where
        segment_profiles.rank <= {{ named_count }}
        and abs(segment_profiles.z_score) >= {{ var('pm_segment_level_threshold') }}
    group by segment_profiles.segment_id
),

{% for level in ['item', 'category'] %}
    {{ level }}_choices_named as (
        select
            segment_id,
            {{ dbt.listagg('choice_name', "', '", 'order by rank') }} as names
        from segment_items
        where level = '{{ level }}' and rank <= {{ named_count }}
        group by segment_id
    ),

{% endfor %}
final as (
    select
        segments_profiled.as_of_date,
        segments_profiled.segment_id,
        segments_profiled.segment_name,
        segment_selection.algorithm,
        segments_profiled.model_version,
        case
            when segment_selection.k = 1 then 'one_segment'
            when segment_selection.is_fallback then 'fallback'
            else 'ok'
        end as status,
        segments_profiled.customer_count,
        segments_profiled.share_of_customers,
        segments_profiled.net_revenue,
        cast(segments_profiled.net_revenue as double)
        / nullif(cast(sum(segments_profiled.net_revenue) over () as double), 0)
            as share_of_revenue,
        segments_counted.mean_confidence,
        cast(segments_counted.outlier_count as bigint) as outlier_count,
        segment_names.overlap_with_previous,
        features_named.top_features,
        rule_texts.rule,
        rule_quality.rule_precision,
        rule_quality.rule_recall,
        rule_texts.tree_fidelity as rule_fidelity,
        category_choices_named.names as typical_categories,
        item_choices_named.names as typical_items,
        segment_actions.action_{{ language }} as recommended_action
    from segments_profiled
    inner join segments_counted
        on segments_profiled.segment_id = segments_counted.segment_id
    inner join segment_selection
        on segments_profiled.model_version = segment_selection.model_version
    inner join segment_names
        on segments_profiled.segment_id = segment_names.segment_id
    inner join segment_habits
        on segment_names.fitted_segment_id = segment_habits.fitted_segment_id
    left join segment_actions
        on
            segment_habits.rate_level = segment_actions.rate_level
            and segment_habits.value_level = segment_actions.value_level
    left join rule_texts
        on segment_names.fitted_segment_id = rule_texts.fitted_segment_id
    left join rule_quality
        on segment_names.fitted_segment_id = rule_quality.fitted_segment_id
    left join features_named
        on segments_profiled.segment_id = features_named.segment_id
    left join category_choices_named
        on segments_profiled.segment_id = category_choices_named.segment_id
    left join item_choices_named
        on segments_profiled.segment_id = item_choices_named.segment_id
)

select * from final
