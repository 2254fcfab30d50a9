{#- The label of a category's or level's feature stands once in the seed, # for its
number. -#}
with target_categories as (
    select * from {{ ref('int_pm__target_categories') }}
),

attribute_levels as (
    select * from {{ ref('int_pm__attribute_levels') }}
),

feature_labels as (
    select * from {{ ref('pm_feature_labels') }}
),

features as (
    {% for feature, properties in pm_features().items() %}
        {%- set number = properties.category_number %}
        {%- set attribute = properties.attribute %}
        {%- set level = properties.level_number %}
        {%- if number %}
            {%- set label_key = feature | replace('_' ~ number ~ '_', '_#_') %}
        {%- else %}
            {%- set label_key = attribute ~ '_#' if level else feature %}
        {%- endif %}
        select
            '{{ feature }}' as feature,
            '{{ label_key }}' as label_key,
            {{ number if number else 'cast(null as integer)' }} as category_number,
            cast({{ "'" ~ attribute ~ "'" if attribute else 'null' }} as string)
                as attribute,
            {{ level if level else 'cast(null as integer)' }} as level_number,
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
        features.attribute,
        features.source,
        features.definition,
        features.unit,
        features.window_days,
        features.transform,
        features.missing_policy,
        {{ pm_fill_template(
            'feature_labels.label_' ~ var('pm_language'),
            {
                'category': "coalesce(target_categories.category, '?')",
                'level': "coalesce(attribute_levels.level, '?')",
            },
        ) }} as label
    from features
    left join feature_labels
        on features.label_key = feature_labels.feature
    left join target_categories
        on features.category_number = target_categories.category_number
    left join attribute_levels
        on
            features.attribute = attribute_levels.attribute
            and features.level_number = attribute_levels.level_number
)

select * from final
