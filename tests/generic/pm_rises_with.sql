{#
Fails for each row whose value is below that of the row before it in the order of `along`,
within `by`; equal values pass.

    - pm_rises_with:
        arguments: {along: cut, by: [as_of_date, measure]}
#}
{% test pm_rises_with(model, column_name, along, by) %}
    with rows_in_order as (
        select
            {{ by | join(', ') }},
            {{ along }},
            {{ column_name }},
            lag({{ column_name }}) over (
                partition by {{ by | join(', ') }} order by {{ along }}
            ) as previous_value
        from {{ model }}
    )

    select *
    from rows_in_order
    where {{ column_name }} < previous_value
{% endtest %}
