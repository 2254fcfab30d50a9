with behaviour_states as (
    select * from {{ ref('int_pm__behaviour_states') }}
),

snapshot_calendar as (
    select * from {{ ref('int_pm__snapshot_calendar') }}
),

medians as (
    select * from {{ ref('int_pm__segment_medians') }}
),

behaviour_on_days as (
    select
        snapshot_calendar.snapshot_date as as_of_date,
        behaviour_states.*
    from behaviour_states
    inner join snapshot_calendar
        on
            behaviour_states.valid_from <= snapshot_calendar.snapshot_date
            and coalesce(
                behaviour_states.valid_to > snapshot_calendar.snapshot_date, true
            )
),

measured as (
    {{ pm_segment_measured('behaviour_on_days') }}
),

final as (
    select
        measured.as_of_date as snapshot_date,
        measured.customer_id
        {%- for feature, expression in pm_segment_features().items() -%}
            ,
            coalesce({{ expression }}, medians.median_{{ feature }}) as {{ feature }}
        {%- endfor %}
    from measured
    cross join medians
)

select * from final
