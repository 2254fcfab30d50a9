{#
What happens to an order line that a switchable rule catches: 'reject' or 'flag'.

    {{ pm_cleaning_rule('zero_price') }}  ->  reject

`pm_cleaning_rules` changes a rule; the rest keep the default below.
#}
{% macro pm_cleaning_rule(rule) %}
    {% do return((var('pm_cleaning_rules') or {}).get(rule, pm_switchable_rules()[rule])) %}
{% endmacro %}


{# In the order in which they judge: a line gets the first that catches it. #}
{% macro pm_switchable_rules() %}
    {% do return({
        'impossible_date': 'reject',
        'future_date': 'reject',
        'exact_duplicate': 'reject',
        'service_code': 'reject',
        'write_off': 'reject',
        'negative_price': 'reject',
        'zero_quantity': 'reject',
        'zero_price': 'reject',
        'discount_above_amount': 'reject',
    }) %}
{% endmacro %}
