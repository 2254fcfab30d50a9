{#
The integers from 0 to a last one, that included, one row each, in the select list. None
when it is below 0.

    {{ pm_integers_up_to('last_order_count') }} as order_count
#}
{% macro pm_integers_up_to(last) %}
    {{ return(adapter.dispatch('pm_integers_up_to', 'precision_marketing')(last)) }}
{% endmacro %}

{% macro default__pm_integers_up_to(last) %}unnest(range(cast({{ last }} as bigint) + 1)){% endmacro %}

{# Spark's sequence counts down where the last is smaller than the first. #}
{% macro spark__pm_integers_up_to(last) %}
explode(
    case
        when {{ last }} >= 0 then sequence(0, cast({{ last }} as bigint))
        else array_remove(array(0), 0)
    end
)
{% endmacro %}
