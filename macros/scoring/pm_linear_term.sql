{#
What one feature adds to a linear score; nothing where the model has no such feature. It is
filled, clipped and scaled as in the fit, or scaled alone where the fit did no more.

    {{ pm_linear_term('recency_days') }}
#}
{% macro pm_linear_term(feature, coefficient='coefficient', is_clipped=true) -%}
    coalesce(
        {{ coefficient }}_{{ feature }}
        * (
            {% if is_clipped -%}
                least(
                    greatest(coalesce({{ feature }}, fill_{{ feature }}), lower_{{ feature }}),
                    upper_{{ feature }}
                )
            {%- else -%}
                {{ feature }}
            {%- endif %}
            - mean_{{ feature }}
        )
        / scale_{{ feature }},
        0
    )
{%- endmacro %}
