{#
The decile, 1 the highest, of a score with a given rank (1 the highest) among so many.
Equal scores have equal ranks and so one decile.

    {{ pm_decile('probability', 'probability_rank', 'customer_count') }}
#}
{% macro pm_decile(score, rank, total) -%}
    case
        when {{ score }} is not null
            then cast(floor(({{ rank }} - 1) * 10.0 / {{ total }}) + 1 as integer)
    end
{%- endmacro %}
