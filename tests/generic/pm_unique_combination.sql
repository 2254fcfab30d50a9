{#
Fails for each combination of `columns` that several rows share, and for each with a null
in it: the grain of a table. A column named in `nullable` may be null; nulls count as
equal.

    - pm_unique_combination:
        arguments: {columns: [as_of_date, customer_id]}
#}
{% test pm_unique_combination(model, columns, nullable=[]) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {% for column in columns if column not in nullable %}
            or {{ column }} is null
        {% endfor %}
{% endtest %}
