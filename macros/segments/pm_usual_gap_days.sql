{#
A customer's usual days between order days: the geometric mean of their own gaps, drawn
towards the shop's as if they had three gaps more of its mean. With no gap of their own
it is the shop's; with twenty it is theirs.

    {{ pm_usual_gap_days('log_gap_sum', 'gap_count', 'mean_log_gap') }}
#}
{% macro pm_usual_gap_days(log_gap_sum, gap_count, mean_log_gap) %}
    {% set shop_gaps = 3 %}
    {% do return(
        'exp((' ~ log_gap_sum ~ ' + ' ~ shop_gaps ~ ' * ' ~ mean_log_gap ~ ') / (' ~ gap_count ~ ' + ' ~ shop_gaps ~ '))'
    ) %}
{% endmacro %}
