{#
The prediction that a linear score stands for: the probability of log odds, or the amount,
which is never below 0.

    {{ pm_prediction_of_line('score', 'kind') }}
#}
{% macro pm_prediction_of_line(score, kind) -%}
    case
        when {{ kind }} = 'binary' then 1 / (1 + exp(-{{ score }}))
        else greatest({{ score }}, 0)
    end
{%- endmacro %}
