{#
All values of an expression in a group, as an array in rising order.

    {{ pm_sorted_array('item_rank') }}  ->  list(item_rank order by item_rank)
#}
{% macro pm_sorted_array(expression) %}
    {{ return(adapter.dispatch('pm_sorted_array', 'precision_marketing')(expression)) }}
{% endmacro %}

{% macro default__pm_sorted_array(expression) %}list({{ expression }} order by {{ expression }}){% endmacro %}

{% macro spark__pm_sorted_array(expression) %}sort_array(array_agg({{ expression }})){% endmacro %}
