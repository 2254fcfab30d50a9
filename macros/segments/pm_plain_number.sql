{#
A number as a reader writes it, without the zero behind a whole one.

    {{ pm_plain_number('5.0') }}  ->  '5'
#}
{% macro pm_plain_number(number) %}
    {% do return(
        'case when ' ~ number ~ ' = floor(' ~ number ~ ') and abs(' ~ number
        ~ ') < 1e15 then cast(cast(' ~ number ~ ' as bigint) as string) else cast('
        ~ number ~ ' as string) end'
    ) %}
{% endmacro %}
