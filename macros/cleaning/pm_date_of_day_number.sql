{#
The date so many days, rounded, after the first of 1970.

    {{ pm_date_of_day_number('birth_date') }}
#}
{% macro pm_date_of_day_number(days) %}
    {% set whole_days = 'cast(round(' ~ days ~ ') as integer)' %}
    {% do return(
        'cast(\n' ~ dbt.dateadd('day', whole_days, pm_date_literal('1970-01-01')) ~ '\nas date)'
    ) %}
{% endmacro %}
