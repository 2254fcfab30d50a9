-- A feature without a label would give a reason, or a segment a name, with a gap in it:
-- the lookups must hold each feature that the macros define.
with features as (
    {% for feature in pm_purchase_features() %}
        select
            'pm_feature_labels' as lookup,
            '{{ feature }}' as feature
        union all
    {% endfor %}
    {% for feature in pm_segment_features() %}
        select
            'pm_segment_words' as lookup,
            '{{ feature }}' as feature
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

words as (
    select
        'pm_feature_labels' as lookup,
        feature,
        3 as level_count
    from {{ ref('pm_feature_labels') }}

    union all

    select
        'pm_segment_words' as lookup,
        feature,
        count(distinct level) as level_count
    from {{ ref('pm_segment_words') }}
    group by feature
)

select
    features.lookup,
    features.feature
from features
left join words
    on
        features.lookup = words.lookup
        and features.feature = words.feature
where coalesce(words.level_count, 0) != 3
