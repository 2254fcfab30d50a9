{#
A number for each raw row of an input, the same at every read of the same input.

Parquet rows carry their place in the file. Anything else is numbered as it is read,
in one thread, so a relation without an order of its own must be read only once.
#}
{% macro pm_raw_row_id(name) %}
    {{ return(adapter.dispatch('pm_raw_row_id', 'precision_marketing')(name)) }}
{% endmacro %}


{% macro default__pm_raw_row_id(name) %}
    {% set input = pm_input(name) %}
    {% if input.kind == 'files' and input.format == 'parquet' %}
        {# 2^40 rows a file: above any Parquet file, and 2^23 files still fit a bigint. #}
        {% do return('cast(file_index * 1099511627776 + file_row_number + 1 as bigint)') %}
    {% endif %}
    {% do return('row_number() over ()') %}
{% endmacro %}


{% macro spark__pm_raw_row_id(name) %}
    {% do return('monotonically_increasing_id() + 1') %}
{% endmacro %}
