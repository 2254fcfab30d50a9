{#
An element of an array by its position, the first being 1; null where there is none.

    {{ pm_array_item('feature_values', 'feature_number') }}
    ->  feature_values[feature_number]
#}
{% macro pm_array_item(array, position) %}
    {{ return(adapter.dispatch('pm_array_item', 'precision_marketing')(array, position)) }}
{% endmacro %}

{% macro default__pm_array_item(array, position) %}{{ array }}[{{ position }}]{% endmacro %}

{% macro spark__pm_array_item(array, position) %}try_element_at({{ array }}, {{ position }}){% endmacro %}
