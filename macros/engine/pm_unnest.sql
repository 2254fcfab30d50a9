{#
One row per element of an array, in the select list.

    {{ pm_unnest('item_ranks') }}  ->  unnest(item_ranks)
#}
{% macro pm_unnest(array) %}
    {{ return(adapter.dispatch('pm_unnest', 'precision_marketing')(array)) }}
{% endmacro %}

{% macro default__pm_unnest(array) %}unnest({{ array }}){% endmacro %}

{% macro spark__pm_unnest(array) %}explode({{ array }}){% endmacro %}
