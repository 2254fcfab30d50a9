{#
The metrics of a pair or rule from four counts, as expressions by name.

    {{ pm_rule_metrics('n_ab', 'n_a', 'n_b', 'n')['lift'] }}

Definitions: Agrawal, Imielinski and Swami 1993 (support, confidence); Brin et al. 1997
(lift, conviction, chi-squared); Piatetsky-Shapiro 1991 (leverage); Zhang 2000.
Conviction is null where confidence is 1: it has no finite value there. Zhang's metric is
0 where an antecedent that is in every basket leaves it nothing to divide by.
#}
{% macro pm_rule_metrics(both, antecedent, consequent, total) %}
    {% set n_ab = 'cast(' ~ both ~ ' as double)' %}
    {% set n_a = 'cast(' ~ antecedent ~ ' as double)' %}
    {% set n_b = 'cast(' ~ consequent ~ ' as double)' %}
    {% set n = 'cast(' ~ total ~ ' as double)' %}
    {% set support = n_ab ~ ' / ' ~ n %}
    {% set leverage = '(' ~ support ~ ' - (' ~ n_a ~ ' / ' ~ n ~ ') * (' ~ n_b ~ ' / ' ~ n ~ '))' %}
    {% set most_leverage = 'greatest(' ~ support ~ ' * (1 - ' ~ n_a ~ ' / ' ~ n ~ '), (' ~ n_a ~ ' / ' ~ n
        ~ ') * (' ~ n_b ~ ' / ' ~ n ~ ' - ' ~ support ~ '))' %}
    {% set spread = '(' ~ n_a ~ ' * (' ~ n ~ ' - ' ~ n_a ~ ') * ' ~ n_b ~ ' * (' ~ n ~ ' - ' ~ n_b ~ '))' %}
    {% do return({
        'support': support,
        'confidence': n_ab ~ ' / ' ~ n_a,
        'lift': n_ab ~ ' * ' ~ n ~ ' / (' ~ n_a ~ ' * ' ~ n_b ~ ')',
        'leverage': leverage,
        'conviction': '(1 - ' ~ n_b ~ ' / ' ~ n ~ ') / nullif(1 - ' ~ n_ab ~ ' / ' ~ n_a ~ ', 0)',
        'zhang': 'case when ' ~ most_leverage ~ ' > 0 then ' ~ leverage ~ ' / ' ~ most_leverage ~ ' else 0 end',
        'jaccard': n_ab ~ ' / (' ~ n_a ~ ' + ' ~ n_b ~ ' - ' ~ n_ab ~ ')',
        'cosine': n_ab ~ ' / sqrt(' ~ n_a ~ ' * ' ~ n_b ~ ')',
        'chi_squared': n ~ ' * power(' ~ n ~ ' * ' ~ n_ab ~ ' - ' ~ n_a ~ ' * ' ~ n_b ~ ', 2) / nullif(' ~ spread ~ ', 0)',
    }) %}
{% endmacro %}
