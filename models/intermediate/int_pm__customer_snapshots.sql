{%- set windows = [30, 90, 180, 365] -%}
with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

feature_calendar as (
    select * from {{ ref('int_pm__feature_calendar') }}
),

-- What was known that day: orders before it, and returns that had come back by then.
orders_known as (
    select
        feature_calendar.as_of_date,
        feature_calendar.split,
        feature_calendar.label_end_date,
        customer_orders.customer_id,
        customer_orders.ordered_at,
        customer_orders.item_count,
        customer_orders.gross_revenue,
        customer_orders.discount_amount,
        customer_orders.returned_revenue,
        customer_orders.winsorised_net_revenue as net_revenue,
        {{ pm_is_kept_order('customer_orders', 'feature_calendar.as_of_date') }}
            as is_kept_order
    from customer_orders
    inner join feature_calendar
        on customer_orders.ordered_at < feature_calendar.as_of_date
    where
        customer_orders.customer_id is not null
        and {{ var('pm_enable_scores') }}
),

histories as (
    select
        as_of_date,
        split,
        label_end_date,
        customer_id,
        min(case when is_kept_order then ordered_at end) as first_order_at,
        max(case when is_kept_order then ordered_at end) as last_order_at,
        sum(case when is_kept_order then 1.0 else 0.0 end) as order_count,
        {% for days in windows %}
            sum(
                case
                    when
                        is_kept_order
                        and ordered_at
                        >= {{ dbt.dateadd('day', -days, 'as_of_date') }}
                        then 1.0
                    else 0.0
                end
            ) as order_count_{{ days }}d,
        {% endfor %}
        -- Money is summed as decimal: a sum of doubles depends on the order of rows.
        cast(
            sum(
                case
                    when ordered_at >= {{ dbt.dateadd('day', -365, 'as_of_date') }}
                        then net_revenue
                end
            )
            as double
        ) as net_revenue_365d,
        cast(sum(case when is_kept_order then item_count else 0 end) as double)
            as kept_item_count,
        cast(sum(case when is_kept_order then net_revenue else 0 end) as double)
            as kept_revenue,
        cast(sum(gross_revenue) as double) as gross_revenue,
        cast(sum(discount_amount) as double) as discount_amount,
        cast(sum(returned_revenue) as double) as returned_revenue
    from orders_known
    group by as_of_date, split, label_end_date, customer_id
),

-- The label: an order in the window that was not sent back before the window closed.
buyers as (
    select distinct
        feature_calendar.as_of_date,
        customer_orders.customer_id
    from customer_orders
    inner join feature_calendar
        on
            customer_orders.ordered_at >= feature_calendar.as_of_date
            and customer_orders.ordered_at < feature_calendar.label_end_date
    where
        feature_calendar.split != 'score'
        and {{ pm_is_kept_order('customer_orders', 'feature_calendar.label_end_date') }}
),

histories_measured as (
    select
        histories.*,
        cast(
            {{ pm_calendar_days_between(
                'histories.last_order_at', 'histories.as_of_date'
            ) }}
            as double
        ) as recency_days,
        cast(
            {{ pm_calendar_days_between(
                'histories.first_order_at', 'histories.as_of_date'
            ) }}
            as double
        ) as tenure_days,
        {{ pm_days_between('histories.first_order_at', 'histories.last_order_at') }}
        / nullif(histories.order_count - 1, 0) as mean_gap_days
    from histories
    where histories.order_count > 0
),

final as (
    select
        histories_measured.as_of_date,
        histories_measured.customer_id,
        histories_measured.split,
        case
            when histories_measured.split = 'score' then null
            when buyers.customer_id is not null then 1
            else 0
        end as label,
        histories_measured.recency_days
        {%- for feature, expression in pm_purchase_features().items() -%}
            ,
            cast({{ expression }} as double) as {{ feature }}
        {%- endfor %}
    from histories_measured
    left join buyers
        on
            histories_measured.as_of_date = buyers.as_of_date
            and histories_measured.customer_id = buyers.customer_id
)

select * from final
