{# All problems as one message, numbered. #}
{% macro pm_problem_report(problems) %}
    {% set lines = [] %}
    {% for problem in problems %}
        {% do lines.append('  ' ~ loop.index ~ '. ' ~ problem) %}
    {% endfor %}
    {% do return(
        'precision_marketing cannot start: ' ~ problems | length ~ ' problem(s) in the settings.\n' ~ lines | join('\n')
    ) %}
{% endmacro %}
