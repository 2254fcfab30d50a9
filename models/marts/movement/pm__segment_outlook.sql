{#- Below it a share or a mean is a matter of chance. -#}
{%- set least_starts = 30 -%}
with transition_models as (
    select * from {{ ref('ml_pm__transition_models') }}
    where fit = 'all' and to_segment = '' and step = 0
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

components as (
    select
        model_version,
        scheme,
        from_segment as segment
        {%- for component in [
            'size', 'start_count', 'entry_count', 'steps_to_churn', 'steady_state',
            'expected_revenue',
        ] -%}
            ,
            max(case when component = '{{ component }}' then value end)
                as {{ component }}
        {%- endfor %}
    from transition_models
    group by model_version, scheme, from_segment
),

final as (
    select
        as_of.as_of_date,
        components.scheme,
        components.segment,
        components.model_version,
        case
            when coalesce(components.start_count, 0) = 0 then 'never_started'
            when components.start_count < {{ least_starts }} then 'few_starts'
            else 'ok'
        end as status,
        cast(coalesce(components.start_count, 0) as bigint) as start_count,
        cast(components.size as bigint) as customer_count,
        components.entry_count as new_customers_a_month,
        components.steps_to_churn as expected_months_to_churn,
        components.steady_state as steady_state_share,
        case
            when components.start_count > 0
                then cast(components.expected_revenue as decimal(18,2))
        end as expected_revenue,
        cast({{ var('pm_forecast_months') }} as integer) as revenue_months
    from components
    cross join as_of
)

select * from final
