{#
Text without the white space around it: blanks, tabs, line ends, and the blanks that do
not look like one (no-break, Chinese full-width, byte order mark). Exports from
spreadsheets are full of them, and `trim` alone takes off plain blanks only.

    {{ pm_trim('item_name') }}
#}
{% macro pm_trim(expression) %}
    {{ return(adapter.dispatch('pm_trim', 'precision_marketing')(expression)) }}
{% endmacro %}


{% macro default__pm_trim(expression) %}
    {% set blank = '[\\s\\x{A0}\\x{3000}\\x{FEFF}]+' %}
    {% do return('regexp_replace(' ~ expression ~ ", '^" ~ blank ~ '|' ~ blank ~ "$', '', 'g')") %}
{% endmacro %}


{# Spark replaces every match without being asked, and reads \\ as one backslash. #}
{% macro spark__pm_trim(expression) %}
    {% set blank = '[\\\\s\\\\x{A0}\\\\x{3000}\\\\x{FEFF}]+' %}
    {% do return('regexp_replace(' ~ expression ~ ", '^" ~ blank ~ '|' ~ blank ~ "$', '')") %}
{% endmacro %}
