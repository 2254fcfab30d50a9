-- A feature without a label would give a reason, a name or a rule with a gap in it: the
-- lookups must hold each feature that the macros define.
{%- set lookups = {
    'pm_segment_words': pm_segment_feature_catalogue().keys() | list,
    'pm_segment_measure_labels': pm_segment_measures(),
} %}
with features as (
    {% for lookup, names in lookups.items() %}
        {% set is_last_lookup = loop.last %}
        {% for feature in names %}
            select
                '{{ lookup }}' as lookup,
                '{{ feature }}' as feature,
                {{ 5 if lookup == 'pm_segment_words' else 1 }} as wanted_count
            {{ 'union all' if not (loop.last and is_last_lookup) }}
        {% endfor %}
    {% endfor %}
),

words as (
    select
        'pm_segment_words' as lookup,
        feature,
        count(distinct level) as word_count
    from {{ ref('pm_segment_words') }}
    group by feature

    union all

    select
        'pm_segment_measure_labels' as lookup,
        measure as feature,
        count(*) as word_count
    from {{ ref('pm_segment_measure_labels') }}
    group by measure
)

select
    features.lookup,
    features.feature
from features
left join words
    on
        features.lookup = words.lookup
        and features.feature = words.feature
where coalesce(words.word_count, 0) != features.wanted_count
