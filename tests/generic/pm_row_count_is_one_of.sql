{#
Fails when the number of rows is none of `counts`: a table of fixed size, or of that
size or none.

    - pm_row_count_is_one_of:
        arguments: {counts: [0, 12]}
#}
{% test pm_row_count_is_one_of(model, counts) %}
    select count(*) as row_count
    from {{ model }}
    having count(*) not in ({{ counts | join(', ') }})
{% endtest %}
