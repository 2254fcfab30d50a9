{#
Run before any model: every var and every input mapping is checked, and one message
lists all that is wrong.

    on-run-start: "{{ precision_marketing.pm_start_up_check() }}"
#}
{% macro pm_start_up_check() %}
    {% if not execute %}
        {% do return('') %}
    {% endif %}
    {% set problems = pm_var_problems() %}
    {% if var('pm_inputs') is mapping %}
        {% if 'order_lines' not in var('pm_inputs') %}
            {% do problems.append('pm_inputs: order_lines is required and not mapped.') %}
        {% endif %}
        {% for name in var('pm_inputs') %}
            {% do problems.extend(pm_input_problems(name, is_start_up=true)) %}
        {% endfor %}
    {% endif %}
    {% if problems %}
        {% do exceptions.raise_compiler_error(pm_problem_report(problems)) %}
    {% endif %}
    {% do return('') %}
{% endmacro %}
