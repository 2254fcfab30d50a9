{#
A number from 0 (inclusive) to 1 (exclusive) from a text: the same for the same text, on
every engine, and as good as random for another. 32 bits of its md5.

    {{ pm_hash_uniform("customer_id || ':7'") }}
#}
{% macro pm_hash_uniform(expression) %}
    {{ return(adapter.dispatch('pm_hash_uniform', 'precision_marketing')(expression)) }}
{% endmacro %}

{% macro default__pm_hash_uniform(expression) -%}
    cast('0x' || substr(md5({{ expression }}), 1, 8) as bigint) / cast(4294967296 as double)
{%- endmacro %}

{% macro spark__pm_hash_uniform(expression) -%}
    cast(conv(substr(md5({{ expression }}), 1, 8), 16, 10) as double) / cast(4294967296 as double)
{%- endmacro %}
