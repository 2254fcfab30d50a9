{#- Only for a density model in use; else there are no core points and no rows. -#}
with segment_features as (
    select * from {{ ref('int_pm__segment_features') }}
),

champion as (
    select * from {{ ref('ml_pm__segment_champion') }}
),

core_points as (
    select * from {{ ref('ml_pm__segment_core_points') }}
),

final as (
    {{ pm_nearest_core_point(
        'segment_features', 'champion', 'core_points', ['customer_id']
    ) }}
)

select * from final
