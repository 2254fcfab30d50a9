with clv_models as (
    select * from {{ ref('ml_pm__clv_models') }}
),

clv_order_models as (
    select * from {{ ref('ml_pm__clv_order_models') }}
),

clv_calendar as (
    select * from {{ ref('int_pm__clv_calendar') }}
    where split = 'test'
),

meta as (
    select
        model,
        max(case when parameter = 'customer_count' then value end) as customer_count,
        max(case when parameter = 'log_likelihood' then value end) as log_likelihood,
        max(case when parameter = 'status_code' then value end) as status_code
    from clv_models
    where component = 'meta'
    group by model
),

final as (
    select
        cast({{ dbt.dateadd('day', -1, 'clv_calendar.as_of_date') }} as date)
            as calibration_end,
        clv_models.model,
        clv_models.parameter,
        clv_models.value,
        clv_models.standard_error,
        clv_models.lower,
        clv_models.upper,
        '{{ var("pm_clv_time_unit") }}' as time_unit,
        cast(meta.customer_count as bigint) as customer_count,
        meta.log_likelihood,
        -- Gamma-Gamma goes with whichever model counts the orders.
        coalesce(clv_order_models.is_champion, true) as is_champion,
        case when meta.status_code = 1 then 'ok' else 'insufficient_data' end as status,
        clv_models.model_version
    from clv_models
    cross join clv_calendar
    inner join meta
        on clv_models.model = meta.model
    left join clv_order_models
        on clv_models.model = clv_order_models.model
    where clv_models.component = 'parameter'
)

select * from final
