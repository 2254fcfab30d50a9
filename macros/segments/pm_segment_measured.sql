{#
What segments are made from and described by, on some days: a query, one row per
as_of_date and customer with a kept order before it.

    measured as (
        {{ pm_segment_measured('behaviour_on_days') }}
    )

`behaviour` is a relation with as_of_date and the columns of int_pm__behaviour_states.
#}
{% macro pm_segment_measured(behaviour) %}
{#- Half a year more than was seen: without it a customer whose two orders are a day
apart would be the most frequent of all. -#}
{%- set rate_prior_days = 180 -%}
with customers as (
    select * from {{ ref('stg_pm__customers') }}
),

main_attributes as (
    select * from {{ ref('int_pm__main_attributes') }}
),

behaviour_known as (
    select
        behaviour.*,
        {{ pm_calendar_days_between(
            'behaviour.first_order_at', 'behaviour.last_order_at'
        ) }} as active_days,
        {{ pm_seconds_between('behaviour.first_order_at', 'behaviour.last_order_at') }}
            as active_seconds,
        cast(behaviour.gross_revenue as double) as gross_amount,
        cast(behaviour.gross_revenue - behaviour.discount_amount as double)
            as sold_amount,
        cast(behaviour.returned_revenue as double) as returned_amount,
        {{ pm_calendar_days_between('customers.birth_date', 'behaviour.as_of_date') }}
        / 365.25 as age_years,
        cast(customers.income as double) as income
        {%- for attribute in ['gender', 'region', 'language'] -%}
            ,
            case
                when customers.{{ attribute }} is null then null
                when customers.{{ attribute }} = main_attributes.main_{{ attribute }}
                    then 1.0
                else 0.0
            end as has_main_{{ attribute }}
        {%- endfor %}
    from {{ behaviour }} as behaviour
    cross join main_attributes
    left join customers
        on behaviour.customer_id = customers.customer_id
    where behaviour.kept_order_count > 0
)

select
    as_of_date,
    customer_id,
    cast(
        {{ pm_calendar_days_between('last_kept_order_at', 'as_of_date') }} as double
    ) as recency_days,
    cast(kept_order_count as double) as order_count,
    cast(net_revenue as double) as net_revenue,
    cast(
        cast(
            (gross_revenue - discount_amount) / nullif(order_count, 0) as decimal(18,2)
        )
        as double
    ) as average_order_value,
    greatest(cast(winsorised_net_revenue as double), 0) / kept_order_count
        as order_value,
    365 * cast(kept_order_count as double) / (active_days + {{ rate_prior_days }})
        as orders_per_year,
    cast(active_seconds as double) / nullif(order_count - 1, 0) / 86400
        as order_gap_days,
    cast(
        {{ pm_calendar_days_between('first_order_at', 'as_of_date') }} as double
    ) as tenure_days,
    cast(item_count as double) / nullif(order_count, 0) as basket_size,
    cast(category_count as double) as category_count,
    cast(most_lines_of_one_category as double) / nullif(category_line_count, 0)
        as top_category_share,
    cast(discount_amount as double) / nullif(gross_amount, 0) as discount_share,
    -- Returns of purchases before the data may exceed what was bought in it.
    case
        when returned_amount > sold_amount and sold_amount > 0 then 1.0
        else returned_amount / nullif(sold_amount, 0)
    end as return_share,
    cast(main_channel_order_count as double) / nullif(channel_order_count, 0)
        as main_channel_share,
    cast(weekend_order_count as double) / nullif(order_count, 0) as weekend_share,
    cast(evening_order_count as double) / nullif(order_count, 0) as evening_share,
    age_years,
    case when income < 0 then 0.0 else income end as income,
    cast(has_main_gender as double) as has_main_gender,
    cast(has_main_region as double) as has_main_region,
    cast(has_main_language as double) as has_main_language
from behaviour_known
{% endmacro %}
