{#
Whether an item comes after as many of its category as a list prefers to hold,
`pm_recommendation_max_per_category`. False where its category is unknown, or no maximum
is set.

    {{ pm_is_over_category_maximum('category', 'category_place') }}
    -> (category is not null and category_place > 3)
#}
{% macro pm_is_over_category_maximum(category, place) %}
    {% set maximum = var('pm_recommendation_max_per_category') %}
    {% if not maximum %}
        {% do return('false') %}
    {% endif %}
    {% do return('(' ~ category ~ ' is not null and ' ~ place ~ ' > ' ~ maximum ~ ')') %}
{% endmacro %}
