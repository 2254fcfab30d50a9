{#
A query with one row per element of each row's array, as `element` with its `position`,
the first being 1, beside the columns asked for.

    {{ pm_array_elements('moves_listed', 'moves', ['customer_id']) }}
#}
{% macro pm_array_elements(relation, array, columns=[]) %}
    {{ return(adapter.dispatch('pm_array_elements', 'precision_marketing')(relation, array, columns)) }}
{% endmacro %}


{% macro default__pm_array_elements(relation, array, columns) %}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        generate_subscripts({{ array }}, 1) as position,
        unnest({{ array }}) as element
    from {{ relation }}
{% endmacro %}


{% macro spark__pm_array_elements(relation, array, columns) %}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        position + 1 as position,
        element
    from {{ relation }}
    lateral view posexplode({{ array }}) as position, element
{% endmacro %}
