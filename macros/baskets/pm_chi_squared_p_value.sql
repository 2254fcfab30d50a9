{#
The upper tail of the chi-squared distribution with one degree of freedom.

    {{ pm_chi_squared_p_value('chi_squared') }}

It is erfc(sqrt(x / 2)); erfc by a Chebyshev fit with a relative error below 1.2e-7
everywhere (Press et al., Numerical Recipes, erfcc), which no SQL engine offers itself.
Null where the statistic is: least() alone would make it 1.
#}
{% macro pm_chi_squared_p_value(statistic) %}
    {% set z = 'sqrt(' ~ statistic ~ ' / 2)' %}
    {% set t = '(1 / (1 + 0.5 * ' ~ z ~ '))' %}
    {% set coefficients = [
        1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
        1.48851587, -0.82215223, 0.17087277,
    ] %}
    {% set tail = namespace(text='0') %}
    {% for coefficient in coefficients | reverse %}
        {% set tail.text = '(' ~ coefficient ~ ' + ' ~ t ~ ' * ' ~ tail.text ~ ')' %}
    {% endfor %}
    {# The fit overshoots 1 by 3e-8 at zero. #}
    {% set fit = t ~ ' * exp(-' ~ statistic ~ ' / 2 - 1.26551223 + ' ~ t ~ ' * ' ~ tail.text ~ ')' %}
    {% do return('case when ' ~ statistic ~ ' is not null then least(1, ' ~ fit ~ ') end') %}
{% endmacro %}
