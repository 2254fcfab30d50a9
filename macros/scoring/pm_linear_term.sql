{#
What one feature adds to a linear score, filled, clipped and scaled as in the fit; nothing
where the model has no such feature.

    {{ pm_linear_term('recency_days') }}
#}
{% macro pm_linear_term(feature) -%}
    coalesce(
        coefficient_{{ feature }}
        * (
            least(
                greatest(coalesce({{ feature }}, fill_{{ feature }}), lower_{{ feature }}),
                upper_{{ feature }}
            )
            - mean_{{ feature }}
        )
        / scale_{{ feature }},
        0
    )
{%- endmacro %}
