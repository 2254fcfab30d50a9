{#
A query that adds `q_value` to a relation with `p_value` (Benjamini and Hochberg 1995).

    pairs_adjusted as (
        {{ pm_with_q_values('pairs_tested', 'tested_pair_count') }}
    ),

`tested_count` is how many tests there were, reported or not: what was too rare to be
reported counts as tested, with a p-value of 1. `family` names a column; each of its
values is a family of tests of its own.
#}
{% macro pm_with_q_values(relation, tested_count, family=none) %}
    {% set partition = 'partition by ' ~ family if family else '' %}
    select
        *,
        case
            when p_value is not null then least(1, min(stepwise_q_value) over (
                {{ partition }}
                order by p_value desc
                range between unbounded preceding and current row
            ))
        end as q_value
    from (
        select
            *,
            {# Equal p-values share the last of their ranks. The quotient comes first: it is
               at least 1, so that rounding takes no q-value below its p-value. #}
            p_value * ({{ tested_count }} / cast(count(p_value) over (
                {{ partition }}
                order by p_value asc
                range between unbounded preceding and current row
            ) as double)) as stepwise_q_value
        from {{ relation }}
    ) as stepped
{% endmacro %}
