{#
What adds up over a customer's life, with the type of its sum: the columns of
int_pm__behaviour_changes and, so far, of int_pm__behaviour_states.

    {{ pm_behaviour_sums() }}  ->  {'order_count': 'bigint', ...}
#}
{% macro pm_behaviour_sums() %}
    {% do return({
        'order_count': 'bigint',
        'undone_order_count': 'bigint',
        'weekend_order_count': 'bigint',
        'evening_order_count': 'bigint',
        'channel_order_count': 'bigint',
        'main_channel_order_count': 'bigint',
        'category_line_count': 'bigint',
        'category_count': 'bigint',
        'item_count': 'decimal(18,3)',
        'gross_revenue': 'decimal(18,2)',
        'discount_amount': 'decimal(18,2)',
        'returned_revenue': 'decimal(18,2)',
        'net_revenue': 'decimal(18,2)',
        'winsorised_net_revenue': 'decimal(18,2)',
    }) %}
{% endmacro %}
