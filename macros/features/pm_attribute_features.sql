{#
The text attributes of customers that models see, one flag a level: those of
pm_attribute_features, but for what pm_fairness_columns judges models by.

    {{ pm_attribute_features() }}  ->  ['region', 'language']
#}
{% macro pm_attribute_features() %}
    {% set attributes = [] %}
    {% for attribute in var('pm_attribute_features') if attribute not in var('pm_fairness_columns') %}
        {% do attributes.append(attribute) %}
    {% endfor %}
    {% do return(attributes) %}
{% endmacro %}
