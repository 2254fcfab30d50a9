with features as (
    select * from {{ ref('int_pm__features') }}
),

targets as (
    select * from {{ ref('int_pm__targets') }}
),

-- What the models in use see; earlier folds choose for themselves, to be judged fairly.
feature_selection as (
    select * from {{ ref('ml_pm__feature_selection') }}
    where fold = 'final'
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
    where as_of_date is not null
),

final as (
    select
        as_of.as_of_date,
        features.feature,
        targets.target,
        features.label,
        features.source,
        features.definition,
        features.unit,
        features.window_days,
        features.transform,
        features.missing_policy,
        coalesce(feature_selection.is_selected, true) as is_selected,
        coalesce(feature_selection.reason, 'not_judged') as reason,
        feature_selection.related_feature,
        feature_selection.mutual_information,
        feature_selection.separation
    from features
    cross join targets
    cross join as_of
    left join feature_selection
        on
            features.feature = feature_selection.feature
            and targets.target = feature_selection.target
)

select * from final
