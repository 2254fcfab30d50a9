{#
Mean of the logarithm of a gamma variate with shape `z` and scale 1, for z above 0: the
digamma function, by its recurrence up to z + 6 and its asymptotic series from there
(Abramowitz and Stegun 1964, 6.3.5 and 6.3.18). Error below 1e-9.

    {{ pm_digamma('shape') }}
#}
{% macro pm_digamma(z) -%}
    (
        ln({{ z }} + 6)
        - 1.0 / (2 * ({{ z }} + 6))
        - 1.0 / (12 * ({{ z }} + 6) * ({{ z }} + 6))
        + 1.0 / (120 * power({{ z }} + 6, 4))
        - 1.0 / (252 * power({{ z }} + 6, 6))
        + 1.0 / (240 * power({{ z }} + 6, 8))
        {%- for step in range(6) %}
        - 1.0 / ({{ z }} + {{ step }})
        {%- endfor %}
    )
{%- endmacro %}
