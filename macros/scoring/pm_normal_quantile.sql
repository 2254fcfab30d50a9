{#
The value that a standard normal variable exceeds with a small chance: 0.025 -> 1.96.

    {{ pm_normal_quantile('tail_probability') }}

For chances from 1e-11 to 0.07, where no SQL engine has a function of its own: the middle
branch of PPND7 (Wichura 1988, algorithm AS 241), right to seven digits. Null outside.
#}
{% macro pm_normal_quantile(tail_probability) -%}
    {%- set r = '(sqrt(-ln(' ~ tail_probability ~ ')) - 1.6)' -%}
    case
        when {{ tail_probability }} between 1e-11 and 0.07
            then
                (((0.17023821103 * {{ r }} + 1.3067284816) * {{ r }} + 2.7568153900)
                * {{ r }} + 1.4234372777)
                / ((0.12021132975 * {{ r }} + 0.73700164250) * {{ r }} + 1)
    end
{%- endmacro %}
