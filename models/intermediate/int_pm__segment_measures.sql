{#- Half a year more than was seen: without it a customer whose two orders are a day
apart would be the most frequent of all. -#}
{%- set rate_prior_days = 180 -%}
with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

customer_facts as (
    select * from {{ ref('int_pm__customer_facts') }}
),

customer_categories as (
    select * from {{ ref('int_pm__customer_categories') }}
),

rfm_measures as (
    select * from {{ ref('int_pm__rfm_measures') }}
),

customers as (
    select * from {{ ref('stg_pm__customers') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

sale_orders as (
    select
        customer_orders.customer_id,
        customer_orders.channel,
        case when {{ pm_is_weekend('customer_orders.ordered_at') }} then 1 else 0 end
            as is_weekend,
        case when extract(hour from customer_orders.ordered_at) >= 18 then 1 else 0 end
            as is_evening
    from customer_orders
    cross join as_of
    where
        not customer_orders.is_return
        and customer_orders.customer_id is not null
        and customer_orders.ordered_at < as_of.as_of_date
        and {{ var('pm_enable_segments') }}
),

-- Of equally used channels the first in the alphabet.
channels_ranked as (
    select
        channel,
        row_number() over (order by count(*) desc, channel asc) as channel_rank
    from sale_orders
    where channel is not null
    group by channel
),

main_channel as (
    select channel
    from channels_ranked
    where channel_rank = 1
),

habits as (
    select
        sale_orders.customer_id,
        avg(sale_orders.is_weekend) as weekend_share,
        avg(sale_orders.is_evening) as evening_share,
        avg(
            case
                when sale_orders.channel is null then null
                when main_channel.channel is not null then 1
                else 0
            end
        ) as main_channel_share
    from sale_orders
    left join main_channel
        on sale_orders.channel = main_channel.channel
    group by sale_orders.customer_id
),

top_categories as (
    select
        customer_id,
        cast(max(line_count) as double) / sum(line_count) as top_category_share
    from customer_categories
    group by customer_id
),

measured as (
    select
        rfm_measures.as_of_date,
        rfm_measures.customer_id,
        cast(rfm_measures.recency_days as double) as recency_days,
        cast(rfm_measures.lifetime_order_count as double) as order_count,
        cast(customer_facts.net_revenue as double) as net_revenue,
        cast(customer_facts.average_order_value as double) as average_order_value,
        greatest(cast(rfm_measures.lifetime_winsorised_net_revenue as double), 0)
        / rfm_measures.lifetime_order_count as order_value,
        cast(
            {{ pm_calendar_days_between(
                'customer_facts.first_order_at', 'customer_facts.last_order_at'
            ) }}
            as double
        ) as active_days,
        cast(
            {{ pm_calendar_days_between(
                'customer_facts.first_order_at', 'rfm_measures.as_of_date'
            ) }}
            as double
        ) as tenure_days,
        customer_facts.mean_order_gap_days as order_gap_days,
        cast(customer_facts.item_count as double)
        / nullif(customer_facts.order_count, 0) as basket_size,
        cast(customer_facts.category_count as double) as category_count,
        top_categories.top_category_share,
        cast(customer_facts.discount_amount as double)
        / nullif(cast(customer_facts.gross_revenue as double), 0) as discount_share,
        cast(customer_facts.returned_revenue as double)
        / nullif(
            cast(
                customer_facts.gross_revenue - customer_facts.discount_amount as double
            ),
            0
        ) as returned_share,
        habits.main_channel_share,
        habits.weekend_share,
        habits.evening_share,
        {{ pm_calendar_days_between(
            'customers.birth_date', 'rfm_measures.as_of_date'
        ) }} / 365.25 as age_years,
        cast(customers.income as double) as income
    from rfm_measures
    inner join as_of
        on rfm_measures.as_of_date = as_of.as_of_date
    inner join customer_facts
        on rfm_measures.customer_id = customer_facts.customer_id
    left join habits
        on rfm_measures.customer_id = habits.customer_id
    left join top_categories
        on rfm_measures.customer_id = top_categories.customer_id
    left join customers
        on rfm_measures.customer_id = customers.customer_id
    where {{ var('pm_enable_segments') }}
),

final as (
    select
        as_of_date,
        customer_id,
        recency_days,
        order_count,
        net_revenue,
        average_order_value,
        order_value,
        365 * order_count / (active_days + {{ rate_prior_days }}) as orders_per_year,
        order_gap_days,
        tenure_days,
        basket_size,
        category_count,
        top_category_share,
        discount_share,
        -- Returns of purchases before the data may exceed what was bought in it.
        case when returned_share > 1 then 1.0 else returned_share end as return_share,
        main_channel_share,
        weekend_share,
        evening_share,
        age_years,
        case when income < 0 then 0.0 else income end as income
    from measured
)

select * from final
