{#
What is summed over the windows before a day: measure -> the model of days it is summed
from, the column there, the windows in days (a window of every length besides lifetime),
and what people need to know of it.

    {{ pm_windowed_measures('orders') }}  ->  {'orders': {'column': 'order_count', ...}, ...}

`source` is the last word of int_pm__activity_<source> and int_pm__snapshot_<source>;
`is_kept_only` leaves out orders that had been sent back whole by the day.
#}
{% macro pm_windowed_measures(source) %}
    {% set all_windows = [7, 30, 90, 180, 365] %}
    {% set long_windows = [30, 90, 365] %}
    {% set measures = {
        'orders': {
            'source': 'orders', 'column': 'order_count', 'is_kept_only': true,
            'windows': all_windows, 'unit': 'orders', 'definition': 'Kept orders',
        },
        'revenue': {
            'source': 'orders', 'column': 'net_revenue', 'is_kept_only': false,
            'windows': all_windows, 'unit': 'money',
            'definition': 'Winsorised net revenue, less returns',
        },
        'items': {
            'source': 'orders', 'column': 'item_count', 'is_kept_only': true,
            'windows': all_windows, 'unit': 'units', 'definition': 'Units in kept orders',
        },
        'new_items': {
            'source': 'orders', 'column': 'new_item_count', 'is_kept_only': false,
            'windows': long_windows, 'unit': 'items',
            'definition': 'Items bought for the first time',
        },
        'discounts': {
            'source': 'orders', 'column': 'discount_amount', 'is_kept_only': false,
            'windows': all_windows, 'unit': 'money', 'definition': 'Discounts',
        },
        'returns': {
            'source': 'orders', 'column': 'returned_revenue', 'is_kept_only': false,
            'windows': all_windows, 'unit': 'money', 'definition': 'Revenue sent back',
        },
        'events': {
            'source': 'engagement', 'column': 'event_count',
            'windows': all_windows, 'unit': 'events', 'definition': 'Events',
        },
        'carts': {
            'source': 'engagement', 'column': 'cart_count',
            'windows': long_windows, 'unit': 'events', 'definition': 'Items put in a cart',
        },
        'contacts': {
            'source': 'engagement', 'column': 'contact_count',
            'windows': long_windows, 'unit': 'contacts', 'definition': 'Contacts sent',
        },
        'opens': {
            'source': 'engagement', 'column': 'open_count',
            'windows': long_windows, 'unit': 'contacts', 'definition': 'Contacts opened',
        },
        'clicks': {
            'source': 'engagement', 'column': 'click_count',
            'windows': [90, 365], 'unit': 'contacts', 'definition': 'Contacts clicked',
        },
        'reviews': {
            'source': 'engagement', 'column': 'review_count',
            'windows': [365], 'unit': 'reviews', 'definition': 'Reviews written',
        },
    } %}
    {% set chosen = {} %}
    {% for name, measure in measures.items() if source is none or measure.source == source %}
        {% do chosen.update({name: measure}) %}
    {% endfor %}
    {% do return(chosen) %}
{% endmacro %}
