{%- if var('pm_rfm_threshold_mode') == 'frozen' -%}
    {%- set measured_as_of = pm_date_literal(var('pm_rfm_frozen_as_of')) -%}
{%- else -%}
    {%- set measured_as_of = 'as_of.as_of_date' -%}
{%- endif -%}
with rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

{% if var('pm_rfm_threshold_mode') == 'absolute' %}
    cut_points as (
        {% for measure, cuts in var('pm_rfm_absolute_thresholds').items() %}
            {% for cut in cuts %}
                select
                    as_of.as_of_date as measured_as_of,
                    '{{ measure }}' as measure,
                    {{ loop.index }} as cut,
                    cast({{ cut }} as double) as value
                from as_of
                {{ 'union all' if not loop.last }}
            {% endfor %}
            {{ 'union all' if not loop.last }}
        {% endfor %}
    ),
{% else %}
    -- Quintiles of those who bought within the window. Had everybody counted, a shop
    -- with many lapsed customers would score its every single order a 5.
    customers_active as (
        select rfm_measures.*
        from rfm_measures
        cross join as_of
        where
            rfm_measures.frequency > 0
            and rfm_measures.as_of_date
            = {{ measured_as_of }}
    ),

    cut_points as (
        {% for measure in ['recency_days', 'frequency', 'monetary'] %}
            {% set measure_loop = loop %}
            {% for cut in [1, 2, 3, 4] %}
                select
                    max(as_of_date) as measured_as_of,
                    '{{ measure }}' as measure,
                    {{ cut }} as cut,
                    -- Rounded, since engines interpolate with different last digits.
                    round(cast(
                        percentile_cont({{ cut / 5 }})
                        within group (order by cast({{ measure }} as double))
                        as double
                    ), 6) as value
                from customers_active
                {{ 'union all' if not (loop.last and measure_loop.last) }}
            {% endfor %}
        {% endfor %}
    ),
{% endif %}

final as (
    select
        as_of.as_of_date,
        cut_points.measure,
        cast(cut_points.cut as integer) as cut,
        cut_points.value,
        '{{ var("pm_rfm_threshold_mode") }}' as threshold_mode,
        cut_points.measured_as_of
    from cut_points
    cross join as_of
    where
        cut_points.value is not null
        and {{ var('pm_enable_rfm') }}
)

select * from final
