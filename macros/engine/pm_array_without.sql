{#
An array without the elements that equal a value.

    {{ pm_array_without('item_ranks', 'item_rank') }}
    -> list_filter(item_ranks, lambda element: element != item_rank)
#}
{% macro pm_array_without(array, value) %}
    {{ return(adapter.dispatch('pm_array_without', 'precision_marketing')(array, value)) }}
{% endmacro %}


{% macro default__pm_array_without(array, value) %}
    {{ return('list_filter(' ~ array ~ ', lambda element: element != ' ~ value ~ ')') }}
{% endmacro %}


{% macro spark__pm_array_without(array, value) %}array_remove({{ array }}, {{ value }}){% endmacro %}
