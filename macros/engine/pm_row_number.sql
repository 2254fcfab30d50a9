{#
A number for each row of a query, in no order: for a table that is written once and then
joined by number. Sorting the rows first would cost more than the join saves.
#}
{% macro pm_row_number() %}
    {{ return(adapter.dispatch('pm_row_number', 'precision_marketing')()) }}
{% endmacro %}

{% macro default__pm_row_number() %}cast(row_number() over () as integer){% endmacro %}

{% macro spark__pm_row_number() %}monotonically_increasing_id(){% endmacro %}
