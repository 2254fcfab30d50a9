{#- The label of a category's feature stands once in the seed, # for its number. -#}
with target_categories as (
    select * from {{ ref('int_pm__target_categories') }}
),

feature_labels as (
    select * from {{ ref('pm_feature_labels') }}
),

features as (
    {% for feature, properties in pm_features().items() %}
        {%- set number = properties.category_number %}
        select
            '{{ feature }}' as feature,
            '{{ feature | replace('_' ~ number ~ '_', '_#_') if number else feature }}'
                as label_key,
            {{ number if number else 'cast(null as integer)' }} as category_number,
            '{{ properties.source }}' as source,
            '{{ properties.definition }}' as definition,
            '{{ properties.unit }}' as unit,
            {{ properties.window_days or 'cast(null as integer)' }} as window_days,
            '{{ properties.transform }}' as transform,
            '{{ properties.missing_policy }}' as missing_policy
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        features.feature,
        features.source,
        features.definition,
        features.unit,
        features.window_days,
        features.transform,
        features.missing_policy,
        case
            when features.category_number is null
                then feature_labels.label_{{ var('pm_language') }}
            else {{ pm_fill_template(
                'feature_labels.label_' ~ var('pm_language'),
                {'category': "coalesce(target_categories.category, '?')"},
            ) }}
        end as label
    from features
    left join feature_labels
        on features.label_key = feature_labels.feature
    left join target_categories
        on features.category_number = target_categories.category_number
)

select * from final
