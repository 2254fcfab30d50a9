{#
The least number of baskets that `pm_basket_min_support` asks for: itself from 1 on, a
share of all baskets below 1, and never less than one basket.

    {{ pm_minimum_basket_count('total') }}  ->  greatest(1, ceil(0.005 * total - 1e-9))

The tiny part taken off keeps a share such as 0.1 of 30 from becoming 4 by rounding.
#}
{% macro pm_minimum_basket_count(total) %}
    {% set support = var('pm_basket_min_support') %}
    {% if support >= 1 %}
        {% do return(support | string) %}
    {% endif %}
    {% do return('greatest(1, ceil(' ~ support ~ ' * ' ~ total ~ ' - 1e-9))') %}
{% endmacro %}
