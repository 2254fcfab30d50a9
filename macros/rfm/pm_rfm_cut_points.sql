{#
Cut points of the RFM scores of some days: a query, one row per as_of_date of `days`,
measure and cut, as `pm_rfm_threshold_mode` says.

    cut_points as (
        {{ pm_rfm_cut_points('rfm_measures', 'days') }}
    )

Both arguments are names of relations in sight. `measures` is one like
int_pm__rfm_measures, with every day of `days` and, in the mode frozen, the earlier of that
day and `pm_rfm_frozen_as_of`: no day knows the cut points of a later one.
#}
{% macro pm_rfm_cut_points(measures, days) %}
{%- set mode = var('pm_rfm_threshold_mode') -%}
{%- if mode == 'absolute' %}
    {%- for measure, cuts in var('pm_rfm_absolute_thresholds').items() %}
        {%- for cut in cuts %}
select
    as_of_date,
    as_of_date as measured_as_of,
    '{{ measure }}' as measure,
    {{ loop.index }} as cut,
    cast({{ cut }} as double) as value
from {{ days }}
            {{- '\n\nunion all\n' if not loop.last }}
        {%- endfor %}
        {{- '\n\nunion all\n' if not loop.last }}
    {%- endfor %}
{%- else %}
with days_measured as (
    select
        as_of_date,
        {{ pm_rfm_measured_as_of('as_of_date') }} as measured_as_of
    from {{ days }}
),

-- Quintiles of those who bought within the window. Had everybody counted, a shop with
-- many lapsed customers would score its every single order a 5.
customers_active as (
    select
        days_measured.as_of_date,
        days_measured.measured_as_of,
        measures.recency_days,
        measures.frequency,
        measures.monetary
    from {{ measures }} as measures
    inner join days_measured
        on measures.as_of_date = days_measured.measured_as_of
    where measures.frequency > 0
)

    {%- for measure in ['recency_days', 'frequency', 'monetary'] %}
        {%- set measure_loop = loop %}
        {%- for cut in [1, 2, 3, 4] %}

select
    as_of_date,
    measured_as_of,
    '{{ measure }}' as measure,
    {{ cut }} as cut,
    -- Rounded, since engines interpolate with different last digits.
    round(cast(
        percentile_cont({{ cut / 5 }})
        within group (order by cast({{ measure }} as double))
        as double
    ), 6) as value
from customers_active
group by as_of_date, measured_as_of
            {{- '\n\nunion all' if not (loop.last and measure_loop.last) }}
        {%- endfor %}
    {%- endfor %}
{%- endif %}
{% endmacro %}
