{# The hint that makes a CTE run once although it is read twice. #}
{% macro pm_materialized() %}
    {{ return(adapter.dispatch('pm_materialized', 'precision_marketing')()) }}
{% endmacro %}

{% macro default__pm_materialized() %}materialized{% endmacro %}

{# Spark has no such hint: a relation with a random order must be a table there. #}
{% macro spark__pm_materialized() %}{% endmacro %}
