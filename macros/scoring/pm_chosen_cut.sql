{#
The probability from which on a contact is worth its cost: what it costs over what a
customer who answers brings. It is known before any model is, so no data chose it.

    {{ pm_chosen_cut() }}  ->  0.2
#}
{% macro pm_chosen_cut() -%}
    {{ var('pm_contact_cost') / var('pm_response_value') }}
{%- endmacro %}
