{#
The version of this project, the one that its models are registered under.

    {{ pm_project_version() }}  ->  0.1.0
#}
{% macro pm_project_version() %}
    {% do return('0.1.0') %}
{% endmacro %}
