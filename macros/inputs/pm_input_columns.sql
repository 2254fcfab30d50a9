{#
The columns that an input really has: [{'name': 'InvoiceNo', 'type': 'VARCHAR'}, ...].
#}
{% macro pm_input_columns(name) %}
    {% do return(pm_describe('select * from ' ~ pm_input_from(name) ~ ' as raw_input')) %}
{% endmacro %}


{# The found column of that name, letter case aside, or none. #}
{% macro _pm_find_column(found, name) %}
    {% for column in found %}
        {% if column.name | lower == name | string | lower %}
            {% do return(column) %}
        {% endif %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}
