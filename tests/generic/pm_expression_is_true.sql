{#
Fails for each row for which `expression` is false. As with an SQL check constraint an
expression that is null passes: say `is not null` where that matters.

    - pm_expression_is_true:
        arguments: {expression: net_amount = gross_amount - discount_amount}
#}
{% test pm_expression_is_true(model, expression) %}
    select *
    from {{ model }}
    where not ({{ expression }})
{% endtest %}
