{#
A query with one row per two elements of each row's array, the earlier one as `first` and
the later one as `second`, beside the columns asked for.

    {{ pm_array_pairs('baskets', 'item_ranks', ['basket_number']) }}

Taken from an array, 40 million pairs cost a third of what joining the lines of each
basket with themselves costs, and no hash table over all lines is held.
#}
{% macro pm_array_pairs(relation, array, columns=[]) %}
    {{ return(adapter.dispatch('pm_array_pairs', 'precision_marketing')(relation, array, columns)) }}
{% endmacro %}


{% macro default__pm_array_pairs(relation, array, columns) %}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        unnest({{ array }}[:position - 1]) as first,
        second
    from (
        select
            {% for column in columns %}{{ column }}, {% endfor %}
            {{ array }},
            generate_subscripts({{ array }}, 1) as position,
            unnest({{ array }}) as second
        from {{ relation }}
    ) as elements
    where position > 1
{% endmacro %}


{% macro spark__pm_array_pairs(relation, array, columns) %}
    select
        {% for column in columns %}{{ column }}, {% endfor %}
        explode(slice({{ array }}, 1, position)) as first,
        second
    from (
        select
            {% for column in columns %}{{ column }}, {% endfor %}
            {{ array }},
            posexplode({{ array }}) as (position, second)
        from {{ relation }}
    ) as elements
    where position > 0
{% endmacro %}
