{%- set label = 'label_' ~ var('pm_language') -%}
with rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

thresholds as (
    select * from {{ ref('pm__rfm_thresholds') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

segment_map as (
    select * from {{ ref('pm_rfm_segment_map') }}
),

segment_labels as (
    select * from {{ ref('pm_rfm_segment_labels') }}
),

thresholds_wide as (
    select
        as_of_date
        {%- for measure in ['recency_days', 'frequency', 'monetary'] -%}
            {%- for cut in [1, 2, 3, 4] -%}
                ,
                max(
                    case
                        when measure = '{{ measure }}' and cut = {{ cut }} then value
                    end
                ) as {{ measure }}_cut_{{ cut }}
            {%- endfor -%}
        {%- endfor %}
    from thresholds
    group by as_of_date
),

measures_scored as (
    select
        rfm_measures.*,
        {{ pm_rfm_score('recency_days', 'recency_days_cut_', is_reversed=true) }}
            as r_score,
        {{ pm_rfm_score('frequency', 'frequency_cut_') }} as f_score,
        {{ pm_rfm_score('monetary', 'monetary_cut_') }} as m_score
    from rfm_measures
    inner join as_of
        on rfm_measures.as_of_date = as_of.as_of_date
    left join thresholds_wide
        on rfm_measures.as_of_date = thresholds_wide.as_of_date
    where {{ var('pm_enable_rfm') }}
),

scores_combined as (
    select
        *,
        {{ pm_rfm_fm_score('f_score', 'm_score', 'lifetime_order_count') }} as fm_score
    from measures_scored
),

final as (
    select
        scores_combined.as_of_date,
        scores_combined.customer_id,
        segment_map.rfm_segment,
        segment_labels.{{ label }} as rfm_segment_label,
        scores_combined.recency_days,
        scores_combined.frequency,
        scores_combined.monetary,
        scores_combined.lifetime_order_count,
        cast(scores_combined.r_score as integer) as r_score,
        cast(scores_combined.f_score as integer) as f_score,
        cast(scores_combined.m_score as integer) as m_score,
        cast(scores_combined.fm_score as integer) as fm_score
    from scores_combined
    left join segment_map
        on
            scores_combined.r_score = segment_map.r_score
            and scores_combined.fm_score = segment_map.fm_score
    left join segment_labels
        on segment_map.rfm_segment = segment_labels.rfm_segment
)

select * from final
