{#
The `when` branches of the switchable rules whose action is `action`.

    case {{ pm_rule_branches('flag') }} end
    -> case when false then '' when unit_price = 0 then 'zero_price' end

The first branch keeps the `case` whole when no rule has that action.
#}
{% macro pm_rule_branches(action) %}
    when false then ''
    {% for rule in pm_switchable_rules() if pm_cleaning_rule(rule) == action %}
        when {{ pm_rule_condition(rule) }} then '{{ rule }}'
    {% endfor %}
{% endmacro %}
