{#
Customers scored and named: the query that adds r_score, f_score, m_score, fm_score and
rfm_segment to rows of RFM measures, from one day's cut points.

    rfm_scored as (
        {{ pm_rfm_scored('rfm_measures', 'rfm_thresholds') }}
    )

Both arguments are names of relations in sight. The measures may be those of many days:
all are cut at the same points, so that a customer moves only by what they did; or, when
`is_cut_on_its_own_day`, at those that the thresholds have for their as_of_date.
#}
{% macro pm_rfm_scored(measures, thresholds, is_cut_on_its_own_day=false) %}
with thresholds_wide as (
    select
        {%- if is_cut_on_its_own_day %}
        as_of_date,
        {%- endif %}
        {%- for measure in ['recency_days', 'frequency', 'monetary'] -%}
            {%- set measure_loop = loop -%}
            {%- for cut in [1, 2, 3, 4] %}
                max(
                    case
                        when measure = '{{ measure }}' and cut = {{ cut }} then value
                    end
                ) as {{ measure }}_cut_{{ cut }}
                {{- ',' if not (loop.last and measure_loop.last) }}
            {%- endfor -%}
        {%- endfor %}
    from {{ thresholds }}
    {%- if is_cut_on_its_own_day %}
    group by as_of_date
    {%- endif %}
),

measures_scored as (
    select
        measures.*,
        {{ pm_rfm_score('recency_days', 'recency_days_cut_', is_reversed=true) }}
            as r_score,
        {{ pm_rfm_score('frequency', 'frequency_cut_') }} as f_score,
        {{ pm_rfm_score('monetary', 'monetary_cut_') }} as m_score
    from {{ measures }} as measures
    {%- if is_cut_on_its_own_day %}
    left join thresholds_wide
        on measures.as_of_date = thresholds_wide.as_of_date
    {%- else %}
    cross join thresholds_wide
    {%- endif %}
),

scores_combined as (
    select
        *,
        {{ pm_rfm_fm_score('f_score', 'm_score', 'lifetime_order_count') }} as fm_score
    from measures_scored
)

select
    scores_combined.*,
    segment_map.rfm_segment
from scores_combined
left join {{ ref('pm_rfm_segment_map') }} as segment_map
    on
        scores_combined.r_score = segment_map.r_score
        and scores_combined.fm_score = segment_map.fm_score
{% endmacro %}
