{#
The columns that an SQL expression names, or the reason why it is no SQL:
{'columns': [...], 'error': none | text}.

    {{ pm_expression_columns("upper(a) || b") }}  ->  {'columns': ['a', 'b'], 'error': none}

DuckDB's own parser is asked, and nothing is bound or run. Spark offers no parser to
SQL, so there the expression is first judged when the staging model is built.
#}
{% macro pm_expression_columns(expression) %}
    {{ return(adapter.dispatch('pm_expression_columns', 'precision_marketing')(expression)) }}
{% endmacro %}


{% macro spark__pm_expression_columns(expression) %}
    {% do return({'columns': [], 'error': none}) %}
{% endmacro %}


{% macro default__pm_expression_columns(expression) %}
    {% set query = 'select (' ~ expression ~ ')' %}
    {% set literal = "'" ~ query | replace("'", "''") ~ "'" %}
    {% set answer = run_query('select cast(json_serialize_sql(' ~ literal ~ ') as varchar)') %}
    {% set tree = fromjson(answer.rows[0][0]) %}
    {% if tree.error %}
        {% do return({'columns': [], 'error': tree.error_message.split('\n')[0]}) %}
    {% endif %}
    {% set columns = [] %}
    {% do _pm_walk_expression(tree.statements, columns) %}
    {% do return({'columns': columns, 'error': none}) %}
{% endmacro %}


{# A lambda's own parameters look like columns in the tree: its subtree is left out. #}
{% macro _pm_walk_expression(node, columns) %}
    {% if node is mapping %}
        {% if node.get('type') == 'COLUMN_REF' %}
            {% set names = node['column_names'] %}
            {% do columns.append(names[1] if names[0] == 'raw_input' and names | length > 1 else names[0]) %}
        {% elif node.get('class') != 'LAMBDA' %}
            {% for child in node.values() %}
                {% do _pm_walk_expression(child, columns) %}
            {% endfor %}
        {% endif %}
    {% elif node is iterable and node is not string %}
        {% for child in node %}
            {% do _pm_walk_expression(child, columns) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
