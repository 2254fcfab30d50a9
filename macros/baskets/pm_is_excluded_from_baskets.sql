{#
Whether `pm_basket_excluded_items` names a line's item or its category.

    {{ pm_is_excluded_from_baskets('item_id', 'category') }}
    -> (item_id in ('BAG') or coalesce(category in ('BAG'), false))
#}
{% macro pm_is_excluded_from_baskets(item, category) %}
    {% set names = [] %}
    {% for name in var('pm_basket_excluded_items') %}
        {% do names.append("'" ~ name | string | replace("'", "''") ~ "'") %}
    {% endfor %}
    {% if not names %}
        {% do return('false') %}
    {% endif %}
    {% set list = '(' ~ names | join(', ') ~ ')' %}
    {% do return('(' ~ item ~ ' in ' ~ list ~ ' or coalesce(' ~ category ~ ' in ' ~ list ~ ', false))') %}
{% endmacro %}
