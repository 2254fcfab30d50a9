{#
Variance of the logarithm of a gamma variate with shape `z`, for z above 0: the trigamma
function, by its recurrence up to z + 6 and its asymptotic series from there (Abramowitz
and Stegun 1964, 6.4.6 and 6.4.12). Error below 1e-8.

    {{ pm_trigamma('shape') }}
#}
{% macro pm_trigamma(z) -%}
    (
        1.0 / ({{ z }} + 6)
        + 1.0 / (2 * ({{ z }} + 6) * ({{ z }} + 6))
        + 1.0 / (6 * power({{ z }} + 6, 3))
        - 1.0 / (30 * power({{ z }} + 6, 5))
        + 1.0 / (42 * power({{ z }} + 6, 7))
        - 1.0 / (30 * power({{ z }} + 6, 9))
        {%- for step in range(6) %}
        + 1.0 / power({{ z }} + {{ step }}, 2)
        {%- endfor %}
    )
{%- endmacro %}
