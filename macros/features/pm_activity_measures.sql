{#
The columns of int_pm__activity_orders that say what a customer did on a day, all but when
it was undone.

    {{ pm_activity_measures() }}  ->  ['order_count', ..., 'last_ordered_at']
#}
{% macro pm_activity_measures() %}
    {% do return(
        pm_activity_counts() + ['item_count'] + pm_activity_amounts()
        + ['first_ordered_at', 'last_ordered_at']
    ) %}
{% endmacro %}


{% macro pm_activity_counts() %}
    {% do return([
        'order_count', 'weekend_order_count', 'evening_order_count', 'discounted_order_count',
        'return_count', 'new_item_count',
    ]) %}
{% endmacro %}


{% macro pm_activity_amounts() %}
    {% do return([
        'gross_revenue', 'discount_amount', 'returned_revenue', 'sold_revenue', 'net_revenue',
    ]) %}
{% endmacro %}
