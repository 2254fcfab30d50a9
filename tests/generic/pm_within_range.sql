{#
Fails for each value below `at_least` or above `at_most`, or, with the bound itself left
out, not `above` or not `below`. Null passes. Bounds may be columns.

    - pm_within_range:
        arguments: {above: 0, at_most: 1}
#}
{% test pm_within_range(model, column_name, at_least=none, at_most=none, above=none, below=none) %}
    {% set conditions = [] %}
    {% for operator, bound in [('>=', at_least), ('<=', at_most), ('>', above), ('<', below)] %}
        {% if bound is not none %}
            {% do conditions.append(column_name ~ ' ' ~ operator ~ ' ' ~ bound) %}
        {% endif %}
    {% endfor %}
    {% if not conditions %}
        {% do exceptions.raise_compiler_error(
            'Test pm_within_range: expected at_least, at_most, above or below, got none of them.'
        ) %}
    {% endif %}
    select {{ column_name }}
    from {{ model }}
    where not ({{ conditions | join(' and ') }})
{% endtest %}
