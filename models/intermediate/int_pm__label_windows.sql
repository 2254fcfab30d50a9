with feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

final as (
    {{ pm_label_windows('feature_calendar') }}
)

select * from final
