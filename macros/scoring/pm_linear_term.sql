{#
What one feature adds to the log odds; nothing where the model has no such feature.

    {{ pm_linear_term('log_recency') }}
    -> coalesce(coefficient_log_recency * (log_recency - mean_log_recency)
        / scale_log_recency, 0)
#}
{% macro pm_linear_term(feature) -%}
    coalesce(coefficient_{{ feature }} * ({{ feature }} - mean_{{ feature }}) / scale_{{ feature }}, 0)
{%- endmacro %}
