with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

as_of as (
    select * from {{ ref('int_pm__as_of') }}
),

-- Of equally used channels the first in the alphabet.
channels_ranked as (
    select
        customer_orders.channel,
        row_number() over (
            order by count(*) desc, customer_orders.channel asc
        ) as channel_rank
    from customer_orders
    cross join as_of
    where
        not customer_orders.is_return
        and customer_orders.customer_id is not null
        and customer_orders.channel is not null
        and customer_orders.ordered_at < as_of.as_of_date
        and {{ var('pm_enable_segments') }}
    group by customer_orders.channel
),

final as (
    select channel as main_channel
    from channels_ranked
    where channel_rank = 1
)

select * from final
