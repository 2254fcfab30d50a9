{#
Fails for each row with a null in any of `columns`: one read of the table for them all.

    - pm_never_null:
        arguments: {columns: [order_id, ordered_at]}
#}
{% test pm_never_null(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ columns | join(' is null or ') }} is null
{% endtest %}
