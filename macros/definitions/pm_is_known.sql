{#
Whether something that happened then is known on `pm_as_of`. Without that var the day is
the one after the last order, and everything is known.

    {{ pm_is_known('ordered_at') }}  ->  ordered_at < cast('2025-07-01' as date)
#}
{% macro pm_is_known(happened_at) %}
    {% if not var('pm_as_of') %}
        {% do return('true') %}
    {% endif %}
    {% do return('coalesce(' ~ happened_at ~ ' < ' ~ pm_date_literal(var('pm_as_of')) ~ ', true)') %}
{% endmacro %}
