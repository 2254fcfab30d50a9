{#
Whether a price is not among those that a customer usually pays: outside the multiples
`pm_recommendation_price_band` of the usual price. False where either is unknown, or the
band is off.

    {{ pm_is_outside_price_band('unit_price', 'usual_price') }}
    -> coalesce(unit_price < 0.2 * usual_price or unit_price > 5 * usual_price, false)
#}
{% macro pm_is_outside_price_band(price, usual_price) %}
    {% set band = var('pm_recommendation_price_band') %}
    {% if not band %}
        {% do return('false') %}
    {% endif %}
    {% do return(
        'coalesce(\n' ~ price ~ ' < ' ~ band[0] ~ ' * ' ~ usual_price
        ~ '\nor ' ~ price ~ ' > ' ~ band[1] ~ ' * ' ~ usual_price ~ ', false\n)'
    ) %}
{% endmacro %}
