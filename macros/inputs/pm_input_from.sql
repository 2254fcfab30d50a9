{#
What to select an input from: a table function over its files, or its relation.

    select * from {{ pm_input_from('order_lines') }} as raw_input

`relation` may be a name (raw.sales) or the text of a dbt call, "ref('stg_sales')" or
"source('shop', 'sales')"; the call is made, so that dbt knows the order of building.
#}
{% macro pm_input_from(name) %}
    {% set input = pm_input(name) %}
    {% if input.kind == 'files' %}
        {% do return(pm_read_files(input.paths, input.format, input.options)) %}
    {% endif %}
    {% do return(_pm_relation(input.relation)) %}
{% endmacro %}


{% macro _pm_relation(text) %}
    {% set call = modules.re.match('^\\s*(ref|source)\\s*\\((.*)\\)\\s*$', text) %}
    {% if not call %}
        {% do return(text) %}
    {% endif %}
    {% set arguments = [] %}
    {% for argument in call.group(2).split(',') %}
        {% do arguments.append(argument.strip().strip('\'"')) %}
    {% endfor %}
    {% if call.group(1) == 'source' %}
        {% do return(source(arguments[0], arguments[1])) %}
    {% elif arguments | length == 1 %}
        {% do return(ref(arguments[0])) %}
    {% endif %}
    {% do return(ref(arguments[0], arguments[1])) %}
{% endmacro %}
