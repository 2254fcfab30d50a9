-- A textbook case: of 5 baskets 4 hold bread, 3 beer, 2 both. Two cases lack a metric:
-- both always together, in 2 of 4 baskets, and a bag that is in all 4 of them.
{% set metrics = pm_rule_metrics('n_ab', 'n_a', 'n_b', 'n') %}
with cases as (
    select
        'bread -> beer' as rule,
        2 as n_ab,
        4 as n_a,
        3 as n_b,
        5 as n
    union all
    select
        'beer -> bread' as rule,
        2 as n_ab,
        3 as n_a,
        4 as n_b,
        5 as n
    union all
    select
        'always together' as rule,
        2 as n_ab,
        2 as n_a,
        2 as n_b,
        4 as n
    union all
    select
        'bag -> beer' as rule,
        3 as n_ab,
        4 as n_a,
        3 as n_b,
        4 as n
),

expected as (
    {% for rule, by_hand in {
        'bread -> beer': {
            'support': '2 / 5.0', 'confidence': '2 / 4.0', 'lift': '5 / 6.0',
            'leverage': '-2 / 25.0', 'conviction': '4 / 5.0', 'zhang': '-1 / 2.0',
            'jaccard': '2 / 5.0', 'cosine': '2 / sqrt(12.0)', 'chi_squared': '5 / 6.0',
        },
        'beer -> bread': {
            'support': '2 / 5.0', 'confidence': '2 / 3.0', 'lift': '5 / 6.0',
            'leverage': '-2 / 25.0', 'conviction': '3 / 5.0', 'zhang': '-1 / 3.0',
            'jaccard': '2 / 5.0', 'cosine': '2 / sqrt(12.0)', 'chi_squared': '5 / 6.0',
        },
        'always together': {
            'support': '1 / 2.0', 'confidence': '1.0', 'lift': '2.0',
            'leverage': '1 / 4.0', 'conviction': 'null', 'zhang': '1.0',
            'jaccard': '1.0', 'cosine': '1.0', 'chi_squared': '4.0',
        },
        'bag -> beer': {
            'support': '3 / 4.0', 'confidence': '3 / 4.0', 'lift': '1.0',
            'leverage': '0.0', 'conviction': '1.0', 'zhang': '0.0',
            'jaccard': '3 / 4.0', 'cosine': '3 / sqrt(12.0)', 'chi_squared': 'null',
        },
    }.items() %}
        {% set rule_loop = loop %}
        {% for metric, value in by_hand.items() %}
            select
                '{{ rule }}' as rule,
                '{{ metric }}' as metric,
                cast({{ value }} as double) as value
            {{ 'union all' if not (loop.last and rule_loop.last) }}
        {% endfor %}
    {% endfor %}
),

computed as (
    {% for metric, expression in metrics.items() %}
        select
            rule,
            '{{ metric }}' as metric,
            {{ expression }} as value
        from cases
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    expected.rule,
    expected.metric,
    expected.value,
    computed.value as computed_value
from expected
full outer join computed
    on
        expected.rule = computed.rule
        and expected.metric = computed.metric
where
    expected.metric is null
    or computed.metric is null
    or (expected.value is null) != (computed.value is null)
    or abs(expected.value - computed.value) > 1e-12
