{#
Days ahead for which pm__customer_order_outlook says how many orders to expect.

    {% for days in pm_clv_outlook_days() %} ... {% endfor %}
#}
{% macro pm_clv_outlook_days() %}
    {% do return([30, 90, 180, 365]) %}
{% endmacro %}
