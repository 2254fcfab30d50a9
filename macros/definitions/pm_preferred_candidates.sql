{#
A query with the candidates (model_version) that the preferences of a champion rule leave:
each in turn keeps what is within its tolerance of the best. What is not known is
preferred to nothing.

    preferred as (
        {{ pm_preferred_candidates('contenders', 'measures', 'champion_rules', 2, 'target') }}
    ),

`contenders` has the model_version of who takes part, and the column `family` within which
they compete; without one all compete with all. `measures` and `rules` are those of
pm_failed_gates, and the rule has `preference_count` preferences.
#}
{% macro pm_preferred_candidates(contenders, measures, rules, preference_count, family=none) %}
    with kept_0 as (
        select * from {{ contenders }}
    ),
    {% for position in range(1, preference_count + 1) %}
        preferences_{{ position }} as (
            select
                kept.*,
                rules.amount as tolerance,
                coalesce(
                    case rules.comparison
                        when 'highest' then measures.value
                        when 'lowest' then -measures.value
                    end,
                    -1e300
                ) as preference
            from kept_{{ position - 1 }} as kept
            inner join {{ measures }} as measures
                on kept.model_version = measures.model_version
            inner join {{ rules }} as rules
                on measures.metric = rules.metric
            where rules.kind = 'preference' and rules.position = {{ position }}
        ),

        preferences_{{ position }}_compared as (
            select
                *,
                max(preference) over (
                    {{ 'partition by ' ~ family if family }}
                ) as best_preference
            from preferences_{{ position }}
        ),

        kept_{{ position }} as (
            select
                {{ family ~ ',' if family }}
                model_version
            from preferences_{{ position }}_compared
            where preference >= best_preference - tolerance
        ){{ ',' if not loop.last }}
    {% endfor %}
    select model_version from kept_{{ preference_count }}
{% endmacro %}
