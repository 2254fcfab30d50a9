with targets as (
    select * from {{ ref('pm_targets') }}
    where {{ var('pm_enable_scores') }}
),

target_categories as (
    select * from {{ ref('int_pm__target_categories') }}
),

final as (
    select
        target,
        kind,
        label_model,
        is_higher_better,
        cast(null as integer) as category_number,
        cast(null as string) as category,
        label_{{ var('pm_language') }} as label
    from targets
    where not is_per_category

    union all

    select
        targets.target
        || '_'
        || cast(target_categories.category_number as string) as target,
        targets.kind,
        targets.label_model,
        targets.is_higher_better,
        target_categories.category_number,
        target_categories.category,
        {{ pm_fill_template(
            'targets.label_' ~ var('pm_language'),
            {'category': 'target_categories.category'},
        ) }} as label
    from targets
    cross join target_categories
    where targets.is_per_category
)

select * from final
