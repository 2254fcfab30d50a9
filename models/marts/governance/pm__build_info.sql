with as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

final as (
    select
        as_of_date,
        first_order_date,
        last_order_date,
        '{{ var("pm_currency") }}' as currency,
        '{{ var("pm_language") }}' as language,
        '{{ pm_project_version() }}' as project_version,
        '{{ dbt_version }}' as dbt_version,
        '{{ target.type }}' as engine,
        version() as engine_version
    from as_of
)

select * from final
