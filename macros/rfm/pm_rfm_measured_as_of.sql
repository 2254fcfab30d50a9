{#
The day whose customers the RFM cut points of a day are made from: the day itself, or
`pm_rfm_frozen_as_of` in the mode frozen, though never a later day.

    {{ pm_rfm_measured_as_of('as_of_date') }}  ->  as_of_date
#}
{% macro pm_rfm_measured_as_of(as_of_date) -%}
    {%- if var('pm_rfm_threshold_mode') == 'frozen' -%}
        least({{ as_of_date }}, {{ pm_date_literal(var('pm_rfm_frozen_as_of')) }})
    {%- else -%}
        {{ as_of_date }}
    {%- endif -%}
{%- endmacro %}
