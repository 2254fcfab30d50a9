{#
A query with one row per candidate that fails a gate of a champion rule, and the gates it
fails as failed_criteria. What is not known passes no gate.

    gates_failed as (
        {{ pm_failed_gates('measures', 'champion_rules') }}
    ),

`measures` has model_version, metric and value, `rules` the columns of the seeds
pm_model_champion_rules and pm_segment_champion_rules.
#}
{% macro pm_failed_gates(measures, rules) %}
    select
        measures.model_version,
        {{ dbt.listagg('rules.metric', "', '", 'order by rules.position') }}
            as failed_criteria
    from {{ measures }} as measures
    inner join {{ rules }} as rules
        on measures.metric = rules.metric
    where
        rules.kind = 'gate'
        and not coalesce(
            case rules.comparison
                when 'at_least' then measures.value >= rules.amount
                when 'at_most' then measures.value <= rules.amount
            end,
            false
        )
    group by measures.model_version
{% endmacro %}
