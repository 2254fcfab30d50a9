{#
Every rule that may catch an order line, as {'rule', 'action'}, in judging order.

    {{ pm_order_line_rules() }}
    -> [{'rule': 'missing_order_id', 'action': 'reject'}, ..., {'rule': 'outlier', ...}]
#}
{% macro pm_order_line_rules() %}
    {% set rules = [] %}
    {% set contract = pm_input_contract()['order_lines'] %}
    {% for column in contract.needs %}
        {% do rules.append({'rule': 'missing_' ~ column, 'action': 'reject'}) %}
        {% if contract['columns'][column]['type'] != 'string' %}
            {% do rules.append({'rule': 'invalid_' ~ column, 'action': 'reject'}) %}
        {% endif %}
    {% endfor %}
    {% do rules.append({'rule': 'amount_out_of_range', 'action': 'reject'}) %}
    {% for rule in pm_switchable_rules() %}
        {% do rules.append({'rule': rule, 'action': pm_cleaning_rule(rule)}) %}
    {% endfor %}
    {% do rules.append({'rule': 'after_as_of', 'action': 'reject'}) %}
    {% do rules.append({'rule': 'duplicate_line_id', 'action': 'reject'}) %}
    {% for rule in pm_line_marks() %}
        {% do rules.append({'rule': rule, 'action': pm_line_marks()[rule]['action']}) %}
    {% endfor %}
    {% do return(rules) %}
{% endmacro %}


{# What accepted lines are marked with, and the column that says so. #}
{% macro pm_line_marks() %}
    {% do return({
        'anonymous': {'action': 'flag', 'column': 'is_anonymous'},
        'return': {'action': 'flag', 'column': 'is_return'},
        'return_matched': {'action': 'flag', 'column': 'is_return and returned_quantity > 0'},
        'outlier': {'action': 'flag', 'column': 'is_outlier'},
        'item_code_variant': {'action': 'fix', 'column': 'is_item_code_fixed'},
        'item_name_variant': {'action': 'fix', 'column': 'is_item_name_fixed'},
        'quantity_imputed': {'action': 'fix', 'column': 'is_quantity_imputed'},
        'unit_price_imputed': {'action': 'fix', 'column': 'is_unit_price_imputed'},
    }) %}
{% endmacro %}
