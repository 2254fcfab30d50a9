{#
The predicate of each switchable cleaning rule: its one definition.

    {{ pm_rule_condition('zero_price') }}  ->  unit_price = 0
#}
{% macro pm_rule_condition(rule) %}
    {% do return({
        'impossible_date': 'cast(ordered_at as date) < first_possible_date',
        'future_date': 'cast(ordered_at as date) > last_possible_date',
        'exact_duplicate': 'raw_row_id > first_raw_row_id',
        'service_code': 'is_service_code',
        'write_off': 'quantity < 0 and unit_price = 0',
        'negative_price': 'unit_price < 0',
        'zero_quantity': 'quantity = 0',
        'zero_price': 'unit_price = 0',
        'discount_above_amount': 'abs(discount_amount) > round(abs(exact_amount), 2)',
    }[rule]) %}
{% endmacro %}
