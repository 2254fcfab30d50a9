{#
Whether a timestamp falls on a Saturday or Sunday; engines number weekdays differently.

    {{ pm_is_weekend('ordered_at') }}
#}
{% macro pm_is_weekend(moment) %}
    {{ return(adapter.dispatch('pm_is_weekend', 'precision_marketing')(moment)) }}
{% endmacro %}


{% macro default__pm_is_weekend(moment) %}
    {% do return('extract(isodow from ' ~ moment ~ ') >= 6') %}
{% endmacro %}


{% macro spark__pm_is_weekend(moment) %}
    {% do return('weekday(' ~ moment ~ ') >= 5') %}
{% endmacro %}
