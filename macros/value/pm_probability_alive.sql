{#
Chance that a customer with `repeat_count` repeat orders, `active_days` between the first
and the last and `age_days` since the first is still a customer, from the columns r,
alpha_days, a, b and first_chances of a fitted model (0 chances to leave before the first
repeat order in BG/NBD, 1 in MBG/NBD). Odds are formed from logarithms, so that no number
of orders is too large.

    {{ pm_probability_alive() }} as probability_alive
#}
{% macro pm_probability_alive(repeat_count='repeat_count', active_days='active_days', age_days='age_days') -%}
    case
        -- With nothing bought again BG/NBD gave the customer no chance to leave.
        when {{ repeat_count }} + first_chances = 0 then 1.0
        else
            1
            / (
                1
                + exp(
                    -- Beyond it the odds leave the range of a double.
                    least(
                        700.0,
                        ln(a)
                        - ln(b + {{ repeat_count }} + first_chances - 1)
                        + (r + {{ repeat_count }})
                        * ln((alpha_days + {{ age_days }}) / (alpha_days + {{ active_days }}))
                    )
                )
            )
    end
{%- endmacro %}
