{#
How often a customer is drawn into one bootstrap sample: a Poisson number with mean 1
from a uniform number, by the inverse of its distribution. Above 7 lies one in 10^6.

    {{ pm_poisson_weight('uniform') }}  ->  case when uniform < 0.367879... then 0 ...
#}
{% macro pm_poisson_weight(uniform) -%}
    {%- set state = namespace(probability=0.36787944117144233, total=0.36787944117144233) -%}
    case
        {% for count in range(7) -%}
            when {{ uniform }} < {{ state.total }} then {{ count }}
            {% set state.probability = state.probability / (count + 1) -%}
            {%- set state.total = state.total + state.probability -%}
        {%- endfor -%}
        else 7
    end
{%- endmacro %}
