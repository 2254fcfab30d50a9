{#
What to select an input from: a table function over its files, its relation, or its
query in brackets.

    select * from {{ pm_input_from('order_lines') }} as raw_input

`relation` may be a name (raw.sales) or the text of a dbt call, "ref('stg_sales')" or
"source('shop', 'sales')"; the call is made, so that dbt knows the order of building. dbt sees nothing of what a
`query` reads: a model of your own is a `relation`.
#}
{% macro pm_input_from(name) %}
    {% set input = pm_input(name) %}
    {% if input.kind == 'files' %}
        {% do return(pm_read_files(input.paths, input.format, input.options)) %}
    {% elif input.kind == 'query' %}
        {# The line end closes a comment on the query's last line. #}
        {% do return('(' ~ input.query ~ '\n)') %}
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
