{#
Of `candidates`, the name closest to `word` by edit distance; ties go to the first.

    {{ pm_nearest('ordr_id', ['item_id', 'order_id']) }}  ->  order_id
#}
{% macro pm_nearest(word, candidates) %}
    {% if not candidates %}
        {% do return('none') %}
    {% endif %}
    {% set rows = [] %}
    {% for candidate in candidates %}
        {% do rows.append(
            'select ' ~ loop.index ~ " as place, '" ~ candidate | string | replace("'", "''") ~ "' as candidate"
        ) %}
    {% endfor %}
    {% set query %}
        select candidate
        from ({{ rows | join(' union all ') }}) as candidates
        order by
            levenshtein(
                replace(lower(candidate), '_', ''),
                replace(lower('{{ word | string | replace("'", "''") }}'), '_', '')
            ),
            place
        limit 1
    {% endset %}
    {% do return(run_query(query).rows[0][0]) %}
{% endmacro %}
