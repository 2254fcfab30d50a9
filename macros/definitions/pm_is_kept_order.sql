{#
Whether an order counts as one on a given day: it sold something, and not all of it had
been sent back by then.

    {{ pm_is_kept_order('customer_orders', 'as_of.as_of_date') }}
#}
{% macro pm_is_kept_order(orders, as_of_date) -%}
    (
        not {{ orders }}.is_return
        and coalesce({{ orders }}.fully_returned_at >= {{ as_of_date }}, true)
    )
{%- endmacro %}
