{#
The life-cycle state of a customer from days and thresholds, all in days.

    {{ pm_lifecycle_state(
        days_since='days_since_order', order_day_number='order_day_number',
        last_gap='gap_days', cooling_after='cooling_after_days',
        lapsed_after='lapsed_after_days', lapsed_before_last='lapsed_before_last_days',
    ) }}

lapsed: silent for longer than nearly all of their gaps; cooling: longer than most.
Otherwise new with a first order day, returned when the last order ended a silence that
had counted as lapsed, else active. A threshold itself belongs to the livelier state.
#}
{% macro pm_lifecycle_state(
    days_since, order_day_number, last_gap, cooling_after, lapsed_after, lapsed_before_last
) -%}
    case
        when {{ days_since }} > {{ lapsed_after }} then 'lapsed'
        when {{ days_since }} > {{ cooling_after }} then 'cooling'
        when {{ order_day_number }} = 1 then 'new'
        when {{ last_gap }} > {{ lapsed_before_last }} then 'returned'
        else 'active'
    end
{%- endmacro %}
