{#
What contacting so many customers brings, of whom so many answer.

    {{ pm_contact_profit('reached_row_count', 'reached_positive_count') }}
    -> cast(reached_positive_count * 5 - reached_row_count * 1 as double)
#}
{% macro pm_contact_profit(contact_count, response_count) -%}
    cast(
        {{ response_count }} * {{ var('pm_response_value') }}
        - {{ contact_count }} * {{ var('pm_contact_cost') }}
        as double
    )
{%- endmacro %}
