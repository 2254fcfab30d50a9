with clv_order_days as (
    select * from {{ ref('int_pm__clv_order_days') }}
),

first_days_marked as (
    select
        *,
        order_date = min(order_date) over (partition by split, customer_id)
            as is_first_day
    from clv_order_days
    where period = 'history'
),

histories as (
    select
        split,
        as_of_date,
        customer_id,
        count(*) - 1 as repeat_count,
        {{ pm_calendar_days_between('min(order_date)', 'max(order_date)') }}
            as active_days,
        -- The day itself is not yet seen: the last one that was is the one before.
        {{ pm_calendar_days_between('min(order_date)', 'as_of_date') }} - 1
            as age_days,
        sum(value) as historic_value,
        sum(case when is_first_day then 0 else value end) as repeat_value,
        sum(
            case
                when order_date >= {{ dbt.dateadd('day', -90, 'as_of_date') }} then 1
                else 0
            end
        ) as order_days_90d,
        sum(
            case
                when order_date >= {{ dbt.dateadd('day', -365, 'as_of_date') }}
                    then value
                else 0
            end
        ) as value_365d
    from first_days_marked
    group by split, as_of_date, customer_id
),

outcomes as (
    select
        split,
        customer_id,
        count(*) as order_days,
        sum(value) as value
    from clv_order_days
    where period = 'outcome'
    group by split, customer_id
),

final as (
    select
        histories.split,
        histories.as_of_date,
        histories.customer_id,
        cast(histories.repeat_count as bigint) as repeat_count,
        cast(histories.active_days as bigint) as active_days,
        cast(histories.age_days as bigint) as age_days,
        cast(histories.historic_value as decimal(18,2)) as historic_value,
        cast(histories.repeat_value as decimal(18,2)) as repeat_value,
        case
            when histories.split != 'score'
                then cast(coalesce(outcomes.order_days, 0) as bigint)
        end as outcome_order_days,
        case
            when histories.split != 'score'
                then cast(coalesce(outcomes.value, 0) as decimal(18,2))
        end as outcome_value
        {%- for feature, expression in pm_spend_features().items() -%}
            ,
            cast({{ expression }} as double) as {{ feature }}
        {%- endfor %}
    from histories
    left join outcomes
        on
            histories.split = outcomes.split
            and histories.customer_id = outcomes.customer_id
)

select * from final
