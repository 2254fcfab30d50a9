{%- set in_time -%}
    partition by customer_id order by ordered_at asc, order_id asc
{%- endset -%}
with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

customer_categories as (
    select * from {{ ref('int_pm__customer_categories') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

orders_known as (
    select
        customer_orders.*,
        as_of.as_of_date,
        {{ pm_is_kept_order('customer_orders', 'as_of.as_of_date') }} as is_kept_order
    from customer_orders
    cross join as_of
    where
        customer_orders.customer_id is not null
        and customer_orders.ordered_at < as_of.as_of_date
),

sale_orders_in_sequence as (
    select
        customer_id,
        channel,
        country,
        -- Asked in the order of the gaps, so that one sort serves both.
        lead(order_id) over ({{ in_time }}) is null as is_last_order,
        {{ pm_seconds_between('lag(ordered_at) over (' ~ in_time ~ ')', 'ordered_at') }}
            as gap_seconds
    from orders_known
    where not is_return
),

sequences_summed as (
    select
        customer_id,
        count(gap_seconds) as gap_count,
        -- Whole numbers, so that the sums are the same in whatever order they are made.
        sum(cast(gap_seconds as decimal(38,0))) as gap_seconds_sum,
        sum(cast(gap_seconds as decimal(19,0)) * cast(gap_seconds as decimal(19,0)))
            as gap_seconds_squared_sum,
        max(gap_seconds) as longest_gap_seconds,
        count(distinct channel) as channel_count,
        max(case when is_last_order then channel end) as last_channel,
        max(case when is_last_order then country end) as last_country
    from sale_orders_in_sequence
    group by customer_id
),

categories_counted as (
    select
        customer_id,
        count(*) as category_count,
        max(case when category_rank = 1 then category end) as favourite_category
    from customer_categories
    group by customer_id
),

orders_summed as (
    select
        customer_id,
        as_of_date,
        min(case when not is_return then ordered_at end) as first_order_at,
        max(case when not is_return then ordered_at end) as last_order_at,
        sum(case when is_return then 0 else 1 end) as order_count,
        sum(case when is_kept_order then 1 else 0 end) as kept_order_count,
        sum(case when is_return then 1 else 0 end) as return_order_count,
        sum(item_count) as item_count,
        sum(gross_revenue) as gross_revenue,
        sum(discount_amount) as discount_amount,
        sum(returned_revenue) as returned_revenue,
        sum(net_revenue) as net_revenue
    from orders_known
    group by customer_id, as_of_date
),

final as (
    select
        orders_summed.customer_id,
        sequences_summed.last_country as country,
        sequences_summed.last_channel,
        categories_counted.favourite_category,
        orders_summed.order_count,
        orders_summed.kept_order_count,
        orders_summed.return_order_count,
        cast(orders_summed.item_count as decimal(18,3)) as item_count,
        coalesce(categories_counted.category_count, 0) as category_count,
        coalesce(sequences_summed.channel_count, 0) as channel_count,
        cast(orders_summed.gross_revenue as decimal(18,2)) as gross_revenue,
        cast(orders_summed.discount_amount as decimal(18,2)) as discount_amount,
        cast(orders_summed.returned_revenue as decimal(18,2)) as returned_revenue,
        cast(orders_summed.net_revenue as decimal(18,2)) as net_revenue,
        cast(
            (orders_summed.gross_revenue - orders_summed.discount_amount)
            / nullif(orders_summed.order_count, 0)
            as decimal(18,2)
        ) as average_order_value,
        cast(sequences_summed.gap_seconds_sum as double)
        / nullif(sequences_summed.gap_count, 0)
        / 86400 as mean_order_gap_days,
        sqrt(
            cast(
                sequences_summed.gap_count * sequences_summed.gap_seconds_squared_sum
                - sequences_summed.gap_seconds_sum * sequences_summed.gap_seconds_sum
                as double
            )
            / nullif(sequences_summed.gap_count * (sequences_summed.gap_count - 1), 0)
        )
        / 86400 as order_gap_standard_deviation_days,
        sequences_summed.longest_gap_seconds / cast(86400 as double)
            as longest_order_gap_days,
        orders_summed.first_order_at,
        orders_summed.last_order_at,
        cast({{ dbt.date_trunc('month', 'orders_summed.first_order_at') }} as date)
            as cohort_month,
        orders_summed.as_of_date
    from orders_summed
    left join sequences_summed
        on orders_summed.customer_id = sequences_summed.customer_id
    left join categories_counted
        on orders_summed.customer_id = categories_counted.customer_id
)

select * from final
