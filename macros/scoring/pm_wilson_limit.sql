{#
A limit of the score interval of a share (Wilson 1927): `count` of `total`, `quantile`
normal deviations to the side of `sign`, '-' or '+'.

    {{ pm_wilson_limit('chosen_count', 'customer_count', '1.96', '-') }} as lower

Unlike an interval around the share itself it stays within 0 and 1, and it has a width
where nobody or everybody was counted; rounding would take it past its own end there.
#}
{% macro pm_wilson_limit(count, total, quantile, sign) -%}
    case
        {% if sign == '-' -%}
            when {{ count }} = 0 then 0
        {%- else -%}
            when {{ count }} = {{ total }} then 1
        {%- endif %}
        else
            (
                {{ count }} + {{ quantile }} * {{ quantile }} / 2
                {{ sign }} {{ quantile }} * sqrt(
                    {{ count }} * (1 - {{ count }} / cast({{ total }} as double))
                    + {{ quantile }} * {{ quantile }} / 4
                )
            ) / ({{ total }} + {{ quantile }} * {{ quantile }})
    end
{%- endmacro %}
