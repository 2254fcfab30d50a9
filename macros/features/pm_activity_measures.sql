{#
The columns of int_pm__activity_orders that say what a customer did on a day, all but when
it was undone.

    {{ pm_activity_measures() }}  ->  ['order_count', ..., 'last_ordered_at']
#}
{% macro pm_activity_measures() %}
    {% do return(
        _pm_activity_counts() + ['item_count'] + _pm_activity_amounts()
        + ['first_ordered_at', 'last_ordered_at']
    ) %}
{% endmacro %}


{# The same as columns of a query that puts rows together. #}
{% macro pm_activity_sums() %}
    {% set columns = [] %}
    {% for column in _pm_activity_counts() %}
        {% do columns.append('cast(sum(' ~ column ~ ') as integer) as ' ~ column) %}
    {% endfor %}
    {% do columns.append('cast(sum(item_count) as decimal(18,3)) as item_count') %}
    {% for column in _pm_activity_amounts() %}
        {% do columns.append('cast(sum(' ~ column ~ ') as decimal(18,2)) as ' ~ column) %}
    {% endfor %}
    {% do columns.append('min(first_ordered_at) as first_ordered_at') %}
    {% do columns.append('max(last_ordered_at) as last_ordered_at') %}
    {% do return(columns | join(',\n        ')) %}
{% endmacro %}


{% macro _pm_activity_counts() %}
    {% do return([
        'order_count', 'weekend_order_count', 'evening_order_count', 'discounted_order_count',
        'return_count', 'new_item_count',
    ]) %}
{% endmacro %}


{% macro _pm_activity_amounts() %}
    {% do return([
        'gross_revenue', 'discount_amount', 'returned_revenue', 'sold_revenue', 'net_revenue',
    ]) %}
{% endmacro %}
