{#
What makes two spellings the same item: letter case and outer blanks do not count.

    {{ pm_item_key("' 85123a'") }}  ->  upper(trim(' 85123a'))
#}
{% macro pm_item_key(expression) %}upper(trim({{ expression }})){% endmacro %}
