{#
A date literal.

    {{ pm_date_literal('2011-12-10') }}  ->  cast('2011-12-10' as date)
#}
{% macro pm_date_literal(text) %}cast('{{ text }}' as date){% endmacro %}
