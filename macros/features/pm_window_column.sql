{#
The name of a measure over a window of so many days, or over all time for none.

    {{ pm_window_column('orders', 30) }}  ->  orders_30d
    {{ pm_window_column('orders', none) }}  ->  orders_lifetime
#}
{% macro pm_window_column(measure, days) %}
    {% do return(measure ~ ('_' ~ days ~ 'd' if days else '_lifetime')) %}
{% endmacro %}
