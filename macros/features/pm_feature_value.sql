{#
A column as a linear model should see it: with transform `log` ln(1 + x), with `none` as
it is; null stays null.

    {{ pm_feature_value('orders_30d', 'log') }}
    -> case when orders_30d is not null then ln(1 + greatest(orders_30d, 0)) end

The case is there because greatest() passes over a null.
#}
{% macro pm_feature_value(column, transform) %}
    {% if transform == 'log' %}
        {% do return('case when ' ~ column ~ ' is not null then ln(1 + greatest(' ~ column ~ ', 0)) end') %}
    {% endif %}
    {% do return(column) %}
{% endmacro %}
