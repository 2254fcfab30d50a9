{#
What one feature adds to a linear score; nothing where the model has no such feature.

    {{ pm_linear_term('log_recency') }}
    -> coalesce(coefficient_log_recency * (log_recency - mean_log_recency)
        / scale_log_recency, 0)
#}
{% macro pm_linear_term(feature, coefficient='coefficient') -%}
    coalesce({{ coefficient }}_{{ feature }} * ({{ feature }} - mean_{{ feature }}) / scale_{{ feature }}, 0)
{%- endmacro %}
