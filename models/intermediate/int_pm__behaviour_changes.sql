{#- What each kind of row adds to a sum; nothing where it is not named. -#}
{%- set of_sales = {
    'order_count': '1',
    'weekend_order_count': 'case when ' ~ pm_is_weekend('ordered_at') ~ ' then 1 else 0 end',
    'evening_order_count': 'case when extract(hour from ordered_at) >= 18 then 1 else 0 end',
    'channel_order_count': 'case when channel is not null then 1 else 0 end',
    'main_channel_order_count': 'case when channel = main_channel then 1 else 0 end',
} -%}
{%- set of_orders = [
    'item_count', 'gross_revenue', 'discount_amount', 'returned_revenue', 'net_revenue',
    'winsorised_net_revenue',
] -%}
{%- set of_categories = ['category_line_count', 'category_count'] -%}
with customer_orders as (
    select * from {{ ref('int_pm__customer_orders') }}
),

category_choice_changes as (
    select * from {{ ref('int_pm__category_choice_changes') }}
),

-- One row also where no channel is known.
main_channels as (
    select max(main_channel) as main_channel
    from {{ ref('int_pm__main_channel') }}
),

looks as (
    select
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date
    from {{ ref('int_pm__snapshot_calendar') }}
),

orders_dated as (
    select
        customer_orders.*,
        main_channels.main_channel,
        {{ pm_first_look_after('customer_orders.ordered_at', 'looks') }} as known_from,
        -- From this look on it is an order no more.
        case
            when customer_orders.fully_returned_at < looks.last_date
                then
                    {{ pm_first_look_after(
                        'customer_orders.fully_returned_at', 'looks'
                    ) }}
        end as undone_from
    from customer_orders
    cross join looks
    cross join main_channels
    where
        customer_orders.customer_id is not null
        and customer_orders.ordered_at < looks.last_date
        and {{ var('pm_enable_segments') }}
),

changes as (
    select
        customer_id,
        known_from,
        {% for name in pm_behaviour_sums() %}
            {% if name in of_sales %}
                case when is_return then 0 else {{ of_sales[name] }} end as {{ name }},
            {% else %}
                {{ name if name in of_orders else '0' }} as {{ name }},
            {% endif %}
        {% endfor %}
        cast(null as bigint) as most_lines_of_one_category,
        case when not is_return then ordered_at end as ordered_at,
        case when not is_return and undone_from is null then ordered_at end
            as lasting_order_at
    from orders_dated

    union all

    select
        customer_id,
        undone_from as known_from,
        {% for name in pm_behaviour_sums() %}
            {{ '1' if name == 'undone_order_count' else '0' }} as {{ name }},
        {% endfor %}
        cast(null as bigint) as most_lines_of_one_category,
        cast(null as timestamp) as ordered_at,
        cast(null as timestamp) as lasting_order_at
    from orders_dated
    where undone_from is not null

    union all

    select
        customer_id,
        known_from,
        {% for name in pm_behaviour_sums() %}
            {{ name if name in of_categories else '0' }} as {{ name }},
        {% endfor %}
        most_lines_of_one_category,
        cast(null as timestamp) as ordered_at,
        cast(null as timestamp) as lasting_order_at
    from category_choice_changes
),

final as (
    select
        customer_id,
        known_from,
        {% for name, type in pm_behaviour_sums().items() %}
            cast(sum({{ name }}) as {{ type }}) as {{ name }},
        {% endfor %}
        max(most_lines_of_one_category) as most_lines_of_one_category,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at,
        max(lasting_order_at) as last_lasting_order_at
    from changes
    group by customer_id, known_from
)

select * from final
