{#
What makes two spellings the same item: letter case and outer blanks do not count.

    {{ pm_item_key("' 85123a'") }}  ->  an expression that gives '85123A'
#}
{% macro pm_item_key(expression) %}upper({{ pm_trim(expression) }}){% endmacro %}
