{#
A score from 1 to 5 from four cut points: one more than the number of cut points below
the value, so equal values always share a score. With `is_reversed` the smallest values
score 5. Without cut points, as when nobody bought within the window, the score is 1.

    {{ pm_rfm_score('frequency', 'frequency_cut_') }}
    {{ pm_rfm_score('recency_days', 'recency_days_cut_', is_reversed=true) }}
#}
{% macro pm_rfm_score(measure, cut_prefix, is_reversed=false) %}
    {% set steps = [] %}
    {% for cut in [1, 2, 3, 4] %}
        {% do steps.append(
            'case when ' ~ cut_prefix ~ cut ~ ' >= ' ~ measure ~ ' then 0 else 1 end' if is_reversed
            else 'case when ' ~ cut_prefix ~ cut ~ ' < ' ~ measure ~ ' then 1 else 0 end'
        ) %}
    {% endfor %}
    {% set below = steps | join(' + ') %}
    {% do return(('5 - (' if is_reversed else '1 + (') ~ below ~ ')') %}
{% endmacro %}
