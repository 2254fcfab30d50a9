{#
A value as a timestamp without zone: an offset that it carries is applied, so that
2024-01-01T23:30:00-08:00 is 07:30 UTC of the next day; null where it is none.

    {{ pm_to_timestamp('raw_input.ordered_at') }}
#}
{% macro pm_to_timestamp(expression) %}
    {{ return(adapter.dispatch('pm_to_timestamp', 'precision_marketing')(expression)) }}
{% endmacro %}


{# A plain cast drops the offset of a text, and reads a zoned timestamp in the zone of the
   machine. typeof() is settled when the query is planned, so other types pay nothing. #}
{% macro default__pm_to_timestamp(expression) %}
    {% set offset = "\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?\\s*(Z|z|[+-]\\d\\d(:?\\d\\d)?)\\s*$" %}
    {% do return(
        "case when typeof(" ~ expression ~ ") = 'TIMESTAMP WITH TIME ZONE'"
        ~ " or (typeof(" ~ expression ~ ") = 'VARCHAR' and regexp_matches(cast(" ~ expression ~ " as string), '" ~ offset ~ "'))"
        ~ " then timezone('UTC', try_cast(" ~ expression ~ " as timestamptz))"
        ~ " when " ~ expression ~ " is not null then try_cast(" ~ expression ~ " as timestamp) end"
    ) %}
{% endmacro %}


{% macro spark__pm_to_timestamp(expression) %}
    {% do return('try_cast(' ~ expression ~ ' as timestamp)') %}
{% endmacro %}
