{#
A query that adds `p_value` to a relation with `basket_count`, `expected_basket_count` and
`eligible_basket_count`.

    pairs_tested as (
        {{ pm_with_p_values('pairs_measured') }}
    ),

The p-value is the chance of at least so many baskets with both, if each eligible basket
held both with the chance expected / eligible: the upper tail of a binomial distribution.
Chances differ from basket to basket, which makes the tail smaller still (Hoeffding 1956),
so the test errs on the careful side.

The tail is that of Lugannani and Rice 1980 with a continuity correction (Daniels 1987),
which takes functions that every engine has and errs by less than 1 %, or 2 % where two
baskets hold both and 8 % where only one or all do; an exact one needs the incomplete beta
function. Null where every eligible basket is expected to hold both.
#}
{% macro pm_with_p_values(relation) %}
    select
        *,
        case when excess_score is not null then least(1, greatest(0,
            {{ _pm_normal_tail('deviance_score') }}
            + exp(-deviance_score * deviance_score / 2) / sqrt(2 * pi()) * case
                {# Near zero the difference of the two is lost in rounding: its limit. #}
                when abs(excess_score) < 0.05 then (2 * chance - 1) / (6 * deviation)
                else 1 / excess_score - 1 / deviance_score
            end
        )) end as p_value
    from (
        select
            *,
            excess / deviation as excess_score,
            sign(excess) * sqrt(2 * greatest(0,
                (basket_count - 0.5) * ln((basket_count - 0.5) / (eligible_basket_count * chance))
                + (eligible_basket_count - basket_count + 0.5) * ln(
                    (eligible_basket_count - basket_count + 0.5)
                    / (eligible_basket_count * (1 - chance))
                )
            )) as deviance_score
        from (
            select
                *,
                basket_count - 0.5 - eligible_basket_count * chance as excess,
                sqrt(eligible_basket_count * chance * (1 - chance)) as deviation
            from (
                select
                    *,
                    case
                        when expected_basket_count < eligible_basket_count * (1 - 1e-9)
                            then expected_basket_count / eligible_basket_count
                    end as chance
                from {{ relation }}
            ) as counted
        ) as expected
    ) as scored
{% endmacro %}


{# The upper tail of the normal distribution: half of chi-squared's, or the rest. #}
{% macro _pm_normal_tail(score) %}
    {% set half = pm_chi_squared_p_value('(' ~ score ~ ' * ' ~ score ~ ')') ~ ' / 2' %}
    {% do return('case when ' ~ score ~ ' > 0 then ' ~ half ~ ' else 1 - ' ~ half ~ ' end') %}
{% endmacro %}
