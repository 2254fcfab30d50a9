{#
Fails for each group of `by` (none: the whole table) whose shares do not add up to 1
within `tolerance`. A group that holds only nulls, as when there is nothing to share,
passes.

    - pm_shares_sum_to_one:
        arguments: {by: [as_of_date]}
#}
{% test pm_shares_sum_to_one(model, column_name, by=[], tolerance=1e-9) %}
    select
        {% for column in by %}
            {{ column }},
        {% endfor %}
        sum({{ column_name }}) as total
    from {{ model }}
    {{ 'group by ' ~ by | join(', ') if by }}
    having abs(sum({{ column_name }}) - 1) > {{ tolerance }}
{% endtest %}
