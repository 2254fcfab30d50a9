{#
Fails for each combination of `columns` that several rows share: the grain of a table
with more than one key column. Nulls count as equal.

    - pm_unique_combination:
        arguments: {columns: [as_of_date, customer_id]}
#}
{% test pm_unique_combination(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
