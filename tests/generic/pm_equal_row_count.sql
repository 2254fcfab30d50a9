{#
Fails when a table has not as many rows as `to`: a step that should pass each row on.

    - pm_equal_row_count:
        arguments: {to: ref('int_pm__order_lines')}
#}
{% test pm_equal_row_count(model, to) %}
    with row_counts as (
        select
            (select count(*) from {{ model }}) as row_count,
            (select count(*) from {{ to }}) as expected_row_count
    )

    select *
    from row_counts
    where row_count != expected_row_count
{% endtest %}
