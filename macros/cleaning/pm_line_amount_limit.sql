{#
From this amount on, a line is a typing error: a bar code in place of a quantity, say.
Ten thousand such lines would still add up within the 18 digits of money.

    {{ pm_line_amount_limit() }}  ->  1000000000000
#}
{% macro pm_line_amount_limit() %}1000000000000{% endmacro %}
