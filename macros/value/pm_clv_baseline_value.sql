{#
The plain forecast that every model of value has to beat: what a customer brought so far,
at the same pace on. Those who came less than the held-back days ago are taken to have had
that many days, or one order of today would be one a day. Reads age_days and holdout_days.

    {{ pm_clv_baseline_value('historic_value', 'horizon_days') }}
#}
{% macro pm_clv_baseline_value(so_far, days_ahead) -%}
    {{ so_far }} * {{ days_ahead }} / greatest(age_days + 1, holdout_days)
{%- endmacro %}
